/**
 * What people type about one thing, by its kind: the command line is made of it, and messages name it, so that whoever reads
 * one can do what it says as it stands.
 */
import type { Exit } from './operation.ts';
import { type SubjectKind, type SubjectRef, subjectId } from './subject.ts';

interface KindCommands {
  readonly list: string;
  /** Before the id, as the next one. */
  readonly show: string;
  readonly watch: string;
  /** Makes it where it is missing, and whole where it is not. */
  readonly make: (id: string) => string;
  /** Only its user can ask for that: their token says whose it is. */
  readonly isMadeByOwner?: true;
  /** Goes on with what has ended half-way, and removes what is left over. */
  readonly resume: (id: string) => string;
  readonly remove: (id: string) => string;
  /** Out of a step that is stuck. */
  readonly exits: Readonly<Partial<Record<Exit, (id: string, step: string) => string>>>;
}

/** Of kinds whose verbs stand below one of their own, or beside it. */
const exitsBelow = (verbs: string): Pick<KindCommands['exits'], 'retry' | 'abandon-step'> => ({
  retry: (id, step) => `${verbs} retry ${id} --step ${step}`,
  'abandon-step': (id, step) => `${verbs} abandon-step ${id} ${step} --reason 'WHY'`,
});

export const COMMANDS: Readonly<Record<SubjectKind, KindCommands>> = {
  workspace: {
    list: 'eyrie list',
    show: 'eyrie status',
    watch: 'eyrie watch',
    make: (id) => `eyrie launch ${id}`,
    resume: (id) => `eyrie retry ${id}`,
    remove: (id) => `eyrie terminate ${id} --mode dispose`,
    exits: { ...exitsBelow('eyrie'), terminate: (id) => `eyrie terminate ${id} --mode dispose` },
  },
  'compute-environment': {
    list: 'eyrie compute list',
    show: 'eyrie compute show',
    watch: 'eyrie compute watch',
    make: (id) => `eyrie compute validate ${id} --repair`,
    resume: (id) => `eyrie compute retry ${id}`,
    remove: (id) => `eyrie compute dispose ${id}`,
    exits: { ...exitsBelow('eyrie compute'), terminate: (id) => `eyrie compute dispose ${id}` },
  },
  storage: {
    list: 'eyrie storage list',
    show: 'eyrie storage show',
    watch: 'eyrie storage watch',
    make: () => 'eyrie storage setup',
    isMadeByOwner: true,
    resume: (id) => `eyrie storage retry ${id}`,
    remove: (id) => `eyrie storage delete ${id}`,
    exits: { ...exitsBelow('eyrie storage'), terminate: (id) => `eyrie storage delete ${id}` },
  },
  // Its work is done for whoever asks for a key: nobody starts it, and a removal is asked for again.
  'key-holder': {
    list: 'eyrie keys list',
    show: 'eyrie keys show',
    watch: 'eyrie keys show',
    make: () => 'eyrie storage credentials --key',
    isMadeByOwner: true,
    resume: (id) => `eyrie keys remove ${id}`,
    remove: (id) => `eyrie keys remove ${id}`,
    exits: {},
  },
};

/** As a shell reads it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

type About = 'make' | 'resume' | 'remove';

/** A command about this subject. */
export const commandTo = (what: About, subject: SubjectRef): string =>
  COMMANDS[subject.kind][what](shellWord(subjectId(subject)));

/** The same in a sentence. */
export const tell = (what: About, subject: SubjectRef): string => {
  const isOwners = what === 'make' && COMMANDS[subject.kind].isMadeByOwner;
  return `\`${commandTo(what, subject)}\`${isOwners ? ' with a token of its user' : ''}`;
};

/** Of what left nothing, or nobody knows what: the two ways on. */
export const wholeOrGone = (subject: SubjectRef): string =>
  `${tell('make', subject)} makes it whole, ${tell('remove', subject)} removes it`;

/** The command of an exit of this step; undefined where the command line has none. */
export const commandOf = (exit: Exit, subject: SubjectRef, step: string): string | undefined =>
  COMMANDS[subject.kind].exits[exit]?.(shellWord(subjectId(subject)), step);

/**
 * What is left over, and what of it may be taken: pure. Only what carries the tags of one subject of this environment,
 * was made by a run of Eyrie, holds nobody's data, and has been left over for long enough. All else is told at most.
 */
import type { Tags } from '../core/ownership.ts';
import { type SubjectRef, subjectId, subjectWorkflowId } from '../core/subject.ts';
import { commandFor } from './commands.ts';
import type { Finding, SweepKind, Thing } from './finding.ts';
import { isData } from './types.ts';
import { type Whose, whoseIs } from './whose.ts';

/** What is known of a subject. */
export interface SubjectState {
  /** `ended`: its record says that nothing is there any more. */
  readonly record: 'none' | 'ended' | 'there';
  /** ISO time since which it has ended. */
  readonly since: string | null;
  /** An operation is under way. */
  readonly busy: boolean;
  /** Temporal remembers that its last operation made it, whatever the records say: they are older than that, or lost. */
  readonly standing: boolean;
  /** The access keys that its record names, whatever state they are in. */
  readonly keys: readonly string[];
}

export interface Bench {
  /** H */
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** ISO time that the sweep decides by. */
  readonly at: string;
  readonly olderThanMs: number;
  /** Names of this environment's things begin with one of these. */
  readonly prefixes: readonly string[];
  readonly stateOf: (subject: SubjectRef) => SubjectState;
  /** When a sweep first told of it, by `placeOf`. */
  readonly firstSeen: (place: string) => string | undefined;
}

/** Under which a sweep remembers when it first saw something left over. */
export const placeOf = ({ account, region, type, id }: Pick<Finding, 'account' | 'region' | 'type' | 'id'>): string =>
  `${account}/${region}/${type}/${id}`;

/** Undefined: it is not ours, or where it should be. */
export const judge = (thing: Thing, bench: Bench): Finding | undefined => {
  const whose = whoseIs(thing.tags, bench.environment);
  switch (whose.is) {
    case 'foreign':
      return undefined;
    case 'shared':
      return isUnaliased(thing) ? ofEnvironment(thing, bench) : undefined;
    case 'unmarked': {
      const named = bench.prefixes.some((prefix) => thing.name?.startsWith(prefix));
      return named ? told(thing, bench, 'by-name', 'it is called as ours are, and carries no tag of ours') : undefined;
    }
    case 'half-marked':
      return told(thing, bench, 'half-marked', whose.why);
    case 'owned':
      return ofOwner(thing, bench, whose);
  }
};

/** What leads to a key is its alias: without one, nothing that Eyrie makes uses it. */
const isUnaliased = ({ type, name }: Thing): boolean => type === 'AWS::KMS::Key' && name === null;

const UNALIASED = { kind: 'unaliased', why: 'no alias leads to it' } as const;

/** Of an environment as a whole only a key can be left over: by a call whose answer was lost. */
const ofEnvironment = (thing: Thing, bench: Bench): Finding => {
  const finding = told(thing, bench, UNALIASED.kind, UNALIASED.why);
  return decided(finding, thing.needed ?? isTooYoung(finding.since, bench));
};

const decided = (finding: Finding, against: string | undefined): Finding =>
  against === undefined
    ? { ...finding, action: 'remove' }
    : { ...finding, why: `${finding.why}; ${against}`, action: 'report' };

type Owned = Extract<Whose, { is: 'owned' }>;

const ofOwner = (thing: Thing, bench: Bench, whose: Owned): Finding | undefined => {
  const state = bench.stateOf(whose.subject);
  const left = reasonOf(thing, state);
  if (!left) return undefined;
  const since = sinceOf(thing, bench, left.kind, state);
  const finding = { ...told(thing, bench, left.kind, left.why), owner: subjectWorkflowId(whose.subject), since };
  return decided(finding, objection(thing, whose, state) ?? isTooYoung(since, bench));
};

/** Why something of an owner is left over; undefined where it is not. */
const reasonOf = (
  thing: Thing,
  { record, keys }: SubjectState,
): { readonly kind: SweepKind; readonly why: string } | undefined => {
  if (record === 'none') return { kind: 'no-record', why: 'there is no record of its owner' };
  if (record === 'ended') return { kind: 'record-ended', why: 'the record of its owner says that nothing is left' };
  if (isUnaliased(thing)) return UNALIASED;
  if (thing.type === 'AWS::IAM::AccessKey' && !keys.includes(thing.id))
    return { kind: 'unknown-key', why: 'the record of its owner does not name it' };
  if (thing.loose) return { kind: 'unattached', why: 'it is attached to nothing' };
  return undefined;
};

/** Why it may not be taken, however old it is. */
const objection = ({ type, needed }: Thing, { run, subject }: Owned, state: SubjectState): string | undefined => {
  if (type === 'AWS::IAM::AccessKey') return 'a key carries no tags of its own, so nothing proves who made it';
  if (isData(type)) return 'it may hold data, which no sweep takes';
  if (run === null) return 'it was there before Eyrie, which did not make it';
  if (needed !== null) return needed;
  if (state.standing && state.record !== 'there')
    return `Temporal remembers that ${subjectId(subject)} was made and not removed since, so it is the record that is lost: make it again, which finds all of it`;
  return state.busy ? `an operation of ${subjectId(subject)} is under way` : undefined;
};

/** Since it was made, where that says how long it has been left over; else since a sweep first told of it. */
const sinceOf = (thing: Thing, bench: Bench, kind: SweepKind, state: SubjectState): string => {
  const { account, region, at } = bench;
  const seen = bench.firstSeen(placeOf({ account, region, type: thing.type, id: thing.id })) ?? at;
  const made = kind === 'unattached' ? seen : (thing.createdAt ?? seen);
  return state.since !== null && state.since > made ? state.since : made;
};

/** In words; undefined where it is old enough. */
export const isTooYoung = (
  since: string,
  { at, olderThanMs }: Pick<Bench, 'at' | 'olderThanMs'>,
): string | undefined =>
  Date.parse(at) - Date.parse(since) >= olderThanMs
    ? undefined
    : `it has been left over for less than ${Math.round(olderThanMs / 360_000) / 10} hours`;

const told = (thing: Thing, { account, region, at, firstSeen }: Bench, kind: SweepKind, why: string): Finding => {
  const { type, id, name, createdAt } = thing;
  return {
    ...{ kind, type, id, name, account, region, why },
    owner: null,
    tags: ourTags(thing.tags),
    since: createdAt ?? firstSeen(placeOf({ account, region, type, id })) ?? at,
    action: 'report',
    command: commandFor({ type, id, name, region }),
    outcome: null,
  };
};

/** What could not be looked at, and why. */
export const unseen = (
  what: Pick<Finding, 'type' | 'why' | 'account' | 'region'> & { readonly at: string },
): Finding => ({
  kind: 'unseen',
  type: what.type,
  id: '*',
  name: null,
  account: what.account,
  region: what.region,
  owner: null,
  tags: {},
  since: what.at,
  why: what.why,
  action: 'report',
  command: '',
  outcome: null,
});

const ourTags = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => key.startsWith('eyrie:')));

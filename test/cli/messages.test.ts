/** What people are told to type, the command line takes, about the very thing that they are told of. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeRules } from '#api/compute/kind.ts';
import { storageRules } from '#api/user-storage/kind.ts';
import { workspaceRules } from '#api/workspaces/kind.ts';
import { COMPUTE_PHASES } from '#domain/compute/view.ts';
import { COMMANDS, commandOf, commandTo } from '#domain/core/commands.ts';
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';
import { hintOf, remedyAfter } from '#domain/core/hints.ts';
import { EXITS } from '#domain/core/operation.ts';
import { SUBJECT_KINDS, type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { DEFAULT_TIMING as timing } from '#domain/core/timing.ts';
import { problemOf, wordsOf } from '../support/typed-commands.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Behind a quote or a colon, to the end of the quotation; what is filled in is some word. */
const MENTION = /(?<=[`'"]|: )eyrie ([a-z](?:\$\{[^}]*\}|[^`'"\\\n,])*)/g;

test('every command that a message or a comment of the source names is one', async () => {
  const mentions = globSync('**/*.ts', { cwd: SRC }).flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(MENTION)].map(([, text = '']) => ({
      file,
      words: wordsOf(text.replace(/\$\{[^}]*\}/g, 'x')),
    })),
  );
  const problems = await Promise.all(
    mentions.map(async ({ file, words }) => {
      const problem = await problemOf({ words, whole: false });
      return problem === undefined ? [] : [`${file}: ${problem}`];
    }),
  );
  expect(problems.flat()).toEqual([]);
  expect(mentions.length).toBeGreaterThan(80);
});

/** The commands in backticks of a message, each a whole one. */
const commandsOf = (message: string): string[][] =>
  [...message.matchAll(/`eyrie ([^`]+)`/g)].map(([, text = '']) => wordsOf(text));

const CODES = Object.keys(FAILURES) as FailureCode[];
const TYPES = ['create', 'update', 'dispose', 'validate'].map((verb) => `${verb}ComputeEnvironment`);

const aSubject = fc.record<SubjectRef>({
  kind: fc.constantFrom(...SUBJECT_KINDS),
  environment: fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8})?$/),
  // As escaping makes them, which pads with spaces.
  name: fc.stringMatching(/^[a-z0-9]{1,6}(- ?[0-9a-f]{1,2}[a-z]{0,3}){0,2}$/),
});

test('what is said of any kind, however it ended, is to be typed as it stands, and means this one', async () => {
  const stories = fc.record({
    subject: aSubject,
    code: fc.constantFrom(...CODES),
    phase: fc.constantFrom(...COMPUTE_PHASES, 'running', 'parked', 'ready', 'failed'),
    leftovers: fc.nat(2),
    step: fc.constantFrom('network', 'job-queue-default'),
  });
  await fc.assert(
    fc.asyncProperty(stories, async ({ subject, step, ...ended }) => {
      const id = subjectId(subject);
      const { kind } = subject;
      const exits = EXITS.flatMap((exit) => commandOf(exit, subject, step) ?? []);
      const remedy = commandsOf(remedyAfter({ subject, ...ended }));
      expect(remedy.length).toBe(ended.leftovers > 0 ? 1 : 2);
      const hint = commandsOf(hintOf({ code: ended.code, state: 'waiting', exits: EXITS, subject, step }));
      expect(hint.length).toBe(exits.length);
      const typed = [
        ...remedy,
        ...hint,
        ...commandsOf(lost(subject)),
        ...exits.map((text) => wordsOf(text.slice('eyrie '.length))),
      ];
      for (const words of typed) {
        expect(await problemOf({ words, whole: true })).toBeUndefined();
        // Their own, people make with their token.
        if (!COMMANDS[kind].isMadeByOwner || commandTo('make', subject) !== ['eyrie', ...words].join(' '))
          expect(words).toContain(id);
      }
    }),
  );
});

/** What the API says of one whose operation was ended from outside, for every type of operation. */
const lost = (subject: SubjectRef): string => {
  const control = { credentials: { stateOf: () => Promise.reject(new Error('not asked')) }, disposesIdle: false };
  if (subject.kind === 'workspace') return workspaceRules({ ...control, timing }).whenLost('', subject).remedy;
  if (subject.kind === 'storage') return storageRules(timing).whenLost('', subject).remedy;
  if (subject.kind === 'key-holder') return '';
  const rules = computeRules({ timing, drainMinutes: 1 });
  return TYPES.map((type) => rules.whenLost(type, subject).remedy).join('; ');
};

test('what is to be filled in of a command that a message proposes stands in quotes and capitals', () => {
  const texts = globSync('**/*.ts', { cwd: SRC }).flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(MENTION)].map(([text]) => text),
  );
  expect(texts.filter((text) => /…|\.\.\. |<\w/.test(text))).toEqual([]);
  const network: SubjectRef = { kind: 'workspace', environment: 'h', name: 'alice' };
  expect(commandOf('abandon-step', network, 'network')).toBe("eyrie abandon-step h.alice network --reason 'WHY'");
});

test.each(SUBJECT_KINDS)('the commands of %s are those that list, show and follow it', async (kind) => {
  const { list, show, watch } = COMMANDS[kind];
  expect(await problemOf({ words: wordsOf(list).slice(1), whole: true })).toBeUndefined();
  for (const one of [show, watch]) {
    expect(await problemOf({ words: [...wordsOf(one).slice(1), 'x'], whole: true })).toBeUndefined();
    expect(await problemOf({ words: wordsOf(one).slice(1), whole: true })).toContain('missing required argument');
  }
});

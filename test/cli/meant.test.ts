import { expect, test } from 'vitest';
import { EXIT } from '#cli/exit-codes.ts';
import { problemOf, wordsOf } from '../support/typed-commands.ts';
import { eyrie } from './run-cli.ts';

const told = async (...args: string[]) => {
  const { code, stderr } = await eyrie(...args);
  expect(code).toBe(EXIT.usage);
  return stderr;
};

test.each([
  ['plan alice@example.org --profile nextflow', 'plan --user alice@example.org --profile nextflow'],
  ['token alice', 'token --user alice'],
  ['storage keys 42', 'storage keys --user 42'],
  ['storage revoke-sessions 42', 'storage revoke-sessions --of 42'],
  ['list alice', 'status alice'],
  ['compute list genomes', 'compute show genomes'],
  ['schedules list sweep', 'schedules show sweep'],
  ['doctor eyrie.yaml', 'doctor --config eyrie.yaml'],
  ['sweep 111122223333', 'sweep --account 111122223333'],
])('`eyrie %s` is answered with the command that was meant', async (typed, meant) => {
  expect(await told(...wordsOf(typed))).toContain(`did you mean \`eyrie ${meant}\`?`);
  expect(await problemOf({ words: wordsOf(meant), whole: true })).toBeUndefined();
});

test('a word with a quote in it stays one', async () => {
  expect(await told('list', "o'neil")).toContain("did you mean `eyrie status 'o'\\''neil'`?");
});

test('where nothing is likely, what the command takes is told', async () => {
  expect(await told('status', 'alice', 'bob')).toMatch(
    /`eyrie status` takes <workspace> and no more, and was given bob/,
  );
  expect(await told('plan', '--user', 'alice', 'bob')).not.toContain('did you mean');
});

test('what may be an id is not offered as a user alone', async () => {
  expect(await told('plan', 'localhost.alice')).toContain('`eyrie status localhost.alice` tells its user');
});

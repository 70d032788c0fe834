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

test.each([
  [
    ['status'],
    /^eyrie: `eyrie status` lacks <workspace>: its id, .*\n {2}it is typed `eyrie status <workspace>`\n {2}`eyrie list` shows/,
  ],
  [['compute', 'show'], /lacks <environment>: .*\n.*\n {2}`eyrie compute list` shows which there are\n/],
  [
    ['abandon-step', 'alice', '--reason', 'why'],
    /lacks <step>: .*\n {2}it is typed `eyrie abandon-step <workspace> <step> --reason <text>`\n/,
  ],
  [
    ['abandon-step', 'alice', 'network'],
    /lacks --reason <text>: .*\n {2}it is typed `eyrie abandon-step <workspace> <step> --reason <text>`\n/,
  ],
  [
    ['compute', 'create'],
    /`eyrie compute create` lacks -f, --file <file>: .*\n {2}it is typed `eyrie compute create --file <file>`\n/,
  ],
  [['launch', '--user'], /^eyrie: --user <name> is given without its value\n/],
  [['list', '--limit', '0'], /--limit <n>.*1 to 100\n/],
  [['launch', '--usr', 'x'], /^eyrie: unknown option '--usr'\n {2}Did you mean --user\?\n/],
  [['stattus'], /^eyrie: unknown command 'stattus'\n {2}Did you mean status\?\n {2}eyrie --help tells the options\n$/],
])('what %j lacks, or has too much, is told with how it is typed', async (args, expected) => {
  const stderr = await told(...args);
  expect(stderr).toMatch(expected);
  expect(stderr).not.toContain('error:');
  expect(stderr).toMatch(/ --help tells the options\n$/);
});

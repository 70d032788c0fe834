/** Whatever the documentation says that is to be typed, the command line takes: verb, option, values, arguments. */
import { expect, test } from 'vitest';
import { problemOf } from '../support/typed-commands.ts';
import { documentedCommands } from './commands.ts';

test('every command of the documentation is one, with options and arguments that it has', async () => {
  const commands = documentedCommands();
  const problems = await Promise.all(
    commands.map(async (command) => ((text) => (text ? [`${command.place}: ${text}`] : []))(await problemOf(command))),
  );
  expect(problems.flat()).toEqual([]);
  expect(commands.filter(({ whole }) => whole).length).toBeGreaterThan(30);
});

test.each([
  [['lanch'], 'unknown command'],
  [['launch', '--usr', 'x'], 'unknown option'],
  [['terminate', 'x', '--mode', 'destroy'], 'Allowed choices'],
  [['status'], 'missing required argument'],
  [['status', 'x', 'y'], 'takes <workspace> and no more'],
  [['abandon-step', 'x', 'y'], 'required option'],
])('%j would be found', async (words, expected) => {
  expect(await problemOf({ words, whole: true })).toContain(expected);
});

/** Whatever the documentation says that is to be typed, the command line takes: verb, options, values, arguments. */
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '#cli/program.ts';
import { type DocumentedCommand, documentedCommands } from './commands.ts';

/** Nothing is done: what is parsed has been understood. */
const stilled = (command: Command): Command => {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  command.commands.forEach(stilled);
  return command.commands.length > 0 ? command : command.action(() => undefined);
};

/** What a mention may leave out. */
const MISSING = [
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
];
const HELP = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

const problemOf = async ({ words, whole }: Pick<DocumentedCommand, 'words' | 'whole'>): Promise<string | undefined> => {
  // A sentence says `eyrie launch|status` of several.
  const [verb = '', ...rest] = words;
  try {
    await stilled(createProgram()).parseAsync([verb, ...rest], { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    if (HELP.includes(code) || (!whole && MISSING.includes(code))) return undefined;
    return `eyrie ${words.join(' ')}: ${message}`;
  }
};

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
  [['status', 'x', 'y'], 'too many arguments'],
  [['abandon-step', 'x', 'y'], 'required option'],
])('%j would be found', async (words, expected) => {
  expect(await problemOf({ words, whole: true })).toContain(expected);
});

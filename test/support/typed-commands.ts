/** Commands of `eyrie` as people type them, given to the parser of the command line: verb, option, values, arguments. */
import type { Command } from 'commander';
import { createProgram } from '#cli/program.ts';

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

export interface TypedCommand {
  /** What follows `eyrie`, as a shell splits it. */
  readonly words: readonly string[];
  /** It is to be typed as it is; else a mention, which may leave out what it is about. */
  readonly whole: boolean;
}

/** Undefined where the command line takes it. */
export const problemOf = async ({ words, whole }: TypedCommand): Promise<string | undefined> => {
  try {
    await stilled(createProgram()).parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    if (HELP.includes(code) || (!whole && MISSING.includes(code))) return undefined;
    return `eyrie ${words.join(' ')}: ${message}`;
  }
};

/** What ends a command in a shell, where it stands outside of quotes. */
const WORD = /^(?:'[^']*'|"[^"]*"|\\.|[^\s'"|;&()`>#\\])+/;

/** A text up to where a shell would end the command. */
export const wordsOf = (text: string): string[] => {
  const words: string[] = [];
  let rest = text.trimStart();
  for (;;) {
    const [word] = WORD.exec(rest) ?? [];
    if (word === undefined) return words;
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
    rest = rest.slice(word.length).trimStart();
  }
};

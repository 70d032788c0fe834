/** What somebody meant who gave a command a word that it does not take. */
import type { Command } from 'commander';
import { shellWord } from '#domain/core/commands.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { typed } from './typed.ts';
import { nameOf } from './wanting.ts';

/** Options that say what other commands are told by an argument, the likeliest first. */
const TOLD_BY = ['--of', '--user', '--file', '--account', '--config'];

/** `storage list` */
const pathOf = (command: Command): readonly string[] =>
  command.parent ? [...pathOf(command.parent), command.name()] : [];

/** What shows one of what this command lists. */
const showing = (command: Command): readonly string[] | undefined => {
  const show = command.parent?.commands.find((one) => one.name() === 'show' || one.name() === 'status');
  return command.name() === 'list' && show ? pathOf(show) : undefined;
};

const optionFor = ({ options }: Command): string | undefined =>
  TOLD_BY.find((long) => options.some((option) => option.long === long));

/** The command line that takes the word; undefined where none is likely. */
const meantBy = (command: Command, args: readonly string[], word: string): readonly string[] | undefined => {
  const show = showing(command);
  if (show) return [...show, word];
  const option = optionFor(command);
  if (option === undefined || args.includes(option)) return undefined;
  const at = args.lastIndexOf(word);
  return [...args.slice(0, at), option, ...args.slice(at)];
};

/**
 * @param args what was typed behind `eyrie`
 * @throws CliError where it is more than the command takes, with what does take it
 */
export const requireNoMore = (command: Command, args: readonly string[]): void => {
  const { registeredArguments: taken, args: given } = command;
  const word = given[taken.length];
  if (word === undefined || taken.at(-1)?.variadic) return;
  const own = typed(nameOf(command));
  const forms = taken.map((argument) => `<${argument.name()}>`).join(' ');
  const meant = meantBy(command, args, word);
  const asTyped = (words: readonly string[]): string => `\`${typed(['eyrie', ...words.map(shellWord)].join(' '))}\``;
  throw new CliError(
    EXIT.usage,
    [
      `\`${own}\` takes ${forms === '' ? 'no argument' : `${forms} and no more`}, and was given ${word}`,
      ...(meant ? [`  did you mean ${asTyped(meant)}?`] : []),
      ...(meant?.includes('--user') && /^[a-z0-9-]+\.[a-z0-9-]+$/i.test(word)
        ? [`  where ${word} is an id, ${asTyped(['status', word])} tells its user`]
        : []),
      `  ${own} --help tells the options`,
    ].join('\n'),
  );
};

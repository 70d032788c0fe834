/** The commands of `eyrie` that the documentation tells people to type. */
import { commandsOf, PAGES, proseOf } from '../support/fences.ts';
import { type TypedCommand, wordsOf } from '../support/typed-commands.ts';

interface DocumentedCommand extends TypedCommand {
  /** The page. */
  readonly place: string;
}

/** By npm, by a path, or by its name where a shell expects one. */
const START = /(?:npm run (?:--silent )?eyrie --|[\w./-]+\/eyrie|(?<=^\s*|[|;&(] ?)eyrie) +(?=[a-z])/g;

const commandsIn = (text: string, place: string, whole: boolean): DocumentedCommand[] =>
  [...text.matchAll(START)].flatMap((match) => {
    const words = wordsOf(text.slice(match.index + match[0].length));
    return words.length === 0 ? [] : [{ place, words, whole }];
  });

/** What is neither a block nor made of several lines. */
const mentionsIn = (page: string): string[] =>
  [...proseOf(page).matchAll(/`([^`\n]+)`/g)]
    .map(([, inside = '']) => inside)
    .filter((inside) => /^(?:\S*\/)?eyrie |^npm run (?:--silent )?eyrie /.test(inside));

/** Blocks of a shell, and what stands in backticks. */
export const documentedCommands = (): DocumentedCommand[] =>
  PAGES.flatMap((page) => [
    ...commandsOf(page).flatMap((line) => commandsIn(line, page, true)),
    ...mentionsIn(page).flatMap((inside) => commandsIn(inside, page, false)),
  ]);

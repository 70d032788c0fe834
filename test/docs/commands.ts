/** The commands of `eyrie` that the documentation tells people to type. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TypedCommand, wordsOf } from '../support/typed-commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface DocumentedCommand extends TypedCommand {
  /** The page and the line. */
  readonly place: string;
}

/** By npm, by a path, or by its name where a shell expects one. */
const START = /(?:npm run (?:--silent )?eyrie --|[\w./-]+\/eyrie|(?<=^\s*|[|;&(] ?)eyrie) +(?=[a-z])/g;

const commandsIn = (text: string, place: string, whole: boolean): DocumentedCommand[] =>
  [...text.matchAll(START)].flatMap((match) => {
    const words = wordsOf(text.slice(match.index + match[0].length));
    return words.length === 0 ? [] : [{ place, words, whole }];
  });

/** Blocks of a shell, line by line, with what a backslash continues; and what stands in backticks. */
export const documentedCommands = (): DocumentedCommand[] =>
  ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: ROOT })].toSorted().flatMap((page) => {
    const found: DocumentedCommand[] = [];
    let block: string | undefined;
    let line = '';
    readFileSync(join(ROOT, page), 'utf8')
      .split('\n')
      .forEach((text, at) => {
        const place = `${page}:${at + 1}`;
        const [, fence] = /^\s*```(\w*)/.exec(text) ?? [];
        if (fence !== undefined) block = block === undefined ? fence : undefined;
        else if (block === 'sh' || block === 'console' || block === 'bash') {
          line += text.replace(/\\$/, '');
          if (text.endsWith('\\')) return;
          found.push(...commandsIn(line, place, true));
          line = '';
        } else if (block === undefined) {
          for (const [, inside = ''] of text.matchAll(/`([^`]+)`/g))
            if (/^(?:\S*\/)?eyrie |^npm run (?:--silent )?eyrie /.test(inside))
              found.push(...commandsIn(inside, place, false));
        }
      });
    return found;
  });

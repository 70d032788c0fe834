/** What the documentation shows to be typed: its fenced blocks of a shell. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: ROOT }),
].toSorted();

/** Also those that stand in a list. */
const FENCE = /^( *)(?:\d+\. +)?```(?:sh|bash|console)\n([\s\S]*?)^ *```$/gm;

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** The blocks of a page as they are typed, in their order. */
export const blocksOf = (page: string): string[] => [...textOf(page).matchAll(FENCE)].map(([, , block = '']) => block);

/** A page without its blocks, of whatever language. */
export const proseOf = (page: string): string => textOf(page).replace(/^ *(?:\d+\. +)?```\w*\n[\s\S]*?^ *```$/gm, '');

/** A comment tells what comes of it, and does nothing. */
const withoutComment = (line: string): string => line.replace(/(?:^|\s+)# .*$/, '').trimEnd();

/** A line each, with those that a backslash, a quote or a loop goes on in. */
export const commandsOf = (page: string): string[] =>
  blocksOf(page).flatMap((block) =>
    block
      .split('\n')
      .map((line) => withoutComment(line.trim()))
      .join('\n')
      .replace(/\\\n/g, ' ')
      .replace(/'[^']*'/g, (quoted) => quoted.replace(/\n/g, ' '))
      .replace(/^for .*\n[\s\S]*?^done$/gm, (loop) => loop.replace(/\n/g, ' '))
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ').trim())
      .filter((line) => line !== ''),
  );

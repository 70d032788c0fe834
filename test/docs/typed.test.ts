/** No command of the documentation is shown that nothing runs, unless it is said why. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { expect, test } from 'vitest';
import { SEARCH_ATTRIBUTE_TYPES } from '#temporal/search-attributes.ts';
import { commandsOf, PAGES } from '../support/fences.ts';
import { ROWS } from './typed.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const rowOf = (page: string, command: string) => ROWS.find((row) => row.page === page && row.command.test(command));

const commands = PAGES.flatMap((page) => commandsOf(page).map((command) => ({ page, command })));

test('each command is run by a test, or it is said why not', () => {
  expect(commands.filter(({ page, command }) => rowOf(page, command) === undefined)).toEqual([]);
  expect(commands.length).toBeGreaterThan(100);
});

test('each row is about a command that is still there', () => {
  const used = new Set(commands.map(({ page, command }) => rowOf(page, command)));
  expect(ROWS.filter((row) => !used.has(row))).toEqual([]);
});

test('each test that is named still says what runs it', () => {
  const stale = ROWS.filter(({ run }) => {
    if (run === undefined) return false;
    const file = join(ROOT, run.by);
    return !existsSync(file) || !readFileSync(file, 'utf8').includes(run.says);
  });
  expect(stale).toEqual([]);
});

test('the search attributes that are registered by hand are those that a worker registers', () => {
  const [loop = '', ...others] = commandsOf('docs/how-to/run-on-your-aws-account.md').filter((command) =>
    command.includes('search-attribute create'),
  );
  const [, names = '', type = ''] = /^for name in (.*); do .*--type (\w+) done$/.exec(loop) ?? [];
  const byHand = names.split(' ').map((name) => [name, type]);
  const rest = others.map((command) => /--name (\w+) --type (\w+)$/.exec(command)?.slice(1));
  const { INDEXED_VALUE_TYPE_DATETIME: datetime } = proto.temporal.api.enums.v1.IndexedValueType;
  expect([...byHand, ...rest].toSorted()).toEqual(
    [...SEARCH_ATTRIBUTE_TYPES].map(([name, of]) => [name, of === datetime ? 'Datetime' : 'Keyword']).toSorted(),
  );
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '#domain/failures.ts';

const FOLDER = new URL('../../docs/operations/runbook/', import.meta.url);
const codes = Object.keys(FAILURES) as FailureCode[];
const pages = readdirSync(FOLDER);
const read = (name: string) => (pages.includes(name) ? readFileSync(new URL(name, FOLDER), 'utf8') : '');

describe.each(codes)('%s', (code) => {
  test('has a page with cause, what Eyrie does, and what to do', () => {
    const page = read(`${code}.md`);
    const [, ...sections] = page.split(/^## /m);
    expect(page).toMatch(new RegExp(`^# ${code}\n`));
    expect(sections.map((section) => section.split('\n')[0])).toEqual([
      'Cause',
      'What Eyrie does by itself',
      'What to do',
    ]);
    for (const section of sections) expect(section.split('\n').slice(1).join('').trim().length).toBeGreaterThan(40);
  });

  test('is said to be tried again, and to have the status, that it has', () => {
    const { retry, status } = FAILURES[code];
    expect(read(`${code}.md`)).toContain(`| ${retry ? 'yes' : 'no'} | ${status} |`);
    expect(read('README.md')).toContain(`| [${code}](${code}.md) | ${status} | ${retry ? 'yes' : 'no'} |`);
  });
});

test('no page is about a code that does not exist', () => {
  expect(pages.filter((name) => name !== 'README.md').sort()).toEqual(codes.map((code) => `${code}.md`).sort());
});

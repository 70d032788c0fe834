import { globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('docs/operations/runbook/', ROOT);
const codes = Object.keys(FAILURES) as FailureCode[];
const pages = readdirSync(FOLDER);
const read = (name: string) => (pages.includes(name) ? readFileSync(new URL(name, FOLDER), 'utf8') : '');

/** The sources that decide for a code: by `fail`, a problem of the API, a rule for AWS's answers, or an error of the record. */
const decided = globSync('src/**/*.ts', { cwd: ROOT })
  .map((file) => readFileSync(new URL(file, ROOT), 'utf8'))
  .flatMap((text) => [
    ...text.matchAll(/(?:\bfail\(|new ApiProblem\(|\b(?:is|code|type): )\s*'(?<code>[A-Z]\w+)'(?=(?<extras>[^;]*))/g),
  ])
  .map(({ groups = {} }) => ({ code: groups.code, extras: groups.extras ?? '' }));

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
  });

  test('is what something ends with', () => {
    expect(decided.map((site) => site.code)).toContain(code);
  });
});

test('no page is about a code that does not exist', () => {
  expect(pages.filter((name) => name !== 'README.md').sort()).toEqual(codes.map((code) => `${code}.md`).sort());
});

test('the list of pages has each with its first sentence (run vitest with -u to write it anew)', async () => {
  const rows = codes.map((code) => {
    const { status, retry } = FAILURES[code];
    const [summary = ''] = read(`${code}.md`).split('\n').slice(2);
    return `| [${code}](${code}.md) | ${status} | ${retry ? 'yes' : 'no'} | ${summary} |`;
  });
  const page = [
    '# Runbook',
    '',
    'One page per failure code: its cause, what Eyrie does by itself, and what to do. The code stands in the API’s `code`, in the',
    'workspace’s `error` and `steps[].lastError`, in the search attribute `EyrieErrorCode`, and as the failure type in the',
    'Temporal UI.',
    '',
    '| code | status | tried again | what it means |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'Not sure where to begin? [Operations](../operations.md) tells how to look at a workspace that is stuck.',
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/operations/runbook/README.md');
});

/** Where HTTP has a better word: 401 for a token, 400, 405, 408, 413, 415 for a body or method. */
const HTTP_HAS_A_WORD = ['Denied', 'Invalid'];

test('a code has one status', () => {
  const elsewhere = decided.filter(
    ({ code, extras }) => /\bstatus: [45]/.test(extras) && !HTTP_HAS_A_WORD.includes(code ?? ''),
  );
  expect(elsewhere).toEqual([]);
});

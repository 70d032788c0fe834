import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listUrl, queryOf, SAVED_QUERIES } from '#domain/core/saved-queries.ts';

test.each(SAVED_QUERIES)('the guide has the query $name as the command prints it', ({ query }) => {
  const guide = readFileSync(new URL('../../docs/operations/stuck.md', import.meta.url), 'utf8');
  expect(guide).toContain(`\`${query}\``);
});

test('a link holds all of the query, whatever the namespace is called', () => {
  const [saved] = SAVED_QUERIES;
  if (!saved) throw new Error('there is none');
  const url = new URL(listUrl({ ui: 'https://temporal.example.org/', namespace: 'a/b' }, queryOf(saved, 'brh-org')));
  expect(url.pathname).toBe('/namespaces/a%2Fb/workflows');
  expect(url.searchParams.get('query')).toBe(`EyrieEnvironment = "brh-org" AND ${saved.query}`);
});

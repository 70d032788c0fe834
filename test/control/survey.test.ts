import { expect, test } from 'vitest';
import { createSurvey } from '#control/survey.ts';

const aWorkspace = (phase: string) =>
  JSON.stringify({ phase, key: { id: 'AKIA1', createdAt: '2026-01-01T00:00:00Z' }, updatedAt: '' });
const aHolder = JSON.stringify({ phase: 'ready', keys: [{ createdAt: '2026-02-01T00:00:00Z' }, {}], updatedAt: '' });

/** Two keys to a page. */
const bucketOf = (objects: Map<string, string>) => {
  const reads: string[] = [];
  return {
    reads,
    async list(prefix: string, after = '') {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
      const page = keys.slice(0, 2);
      return { keys: page, etags: page.map((key) => `"${objects.get(key)}"`), more: keys.length > 2 };
    },
    async read(key: string) {
      reads.push(key);
      const body = objects.get(key);
      return body === undefined ? undefined : { body, etag: `"${body}"` };
    },
  };
};

test('what is not well is told: a workspace while it runs, a compute environment that is degraded', async () => {
  const health = { since: '', problems: [{ code: 'NotFound', detail: 'role r is not there any more' }] };
  const objects = new Map([
    ['workspaces/here/a.json', JSON.stringify({ phase: 'running', key: null, health })],
    ['workspaces/here/b.json', JSON.stringify({ phase: 'parked', key: null, health })],
    ['workspaces/here/c.json', JSON.stringify({ phase: 'running', key: null, health: null })],
    ['compute-environments/here/d.json', JSON.stringify({ phase: 'degraded' })],
    ['compute-environments/here/e.json', JSON.stringify({ phase: 'available' })],
  ]);
  const told = await createSurvey(bucketOf(objects))('here');
  expect(told.map(({ isUnhealthy }) => isUnhealthy)).toEqual([true, false, false, true, false]);
});

test('all records are told on all pages, of this environment alone; unchanged ones are read once', async () => {
  const objects = new Map([
    ...['a', 'b', 'c'].map((name) => [`workspaces/here/${name}.json`, aWorkspace('running')] as const),
    ['workspaces/there/a.json', aWorkspace('running')],
    ['key-holders/here/7.json', aHolder],
  ]);
  const bucket = bucketOf(objects);
  const survey = createSurvey(bucket);
  const first = await survey('here');
  expect(first.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
    ...['workspace running', 'workspace running', 'workspace running', 'key-holder ready'],
  ]);
  expect(first.at(-1)?.keysMade).toEqual(['2026-02-01T00:00:00Z']);
  expect(bucket.reads).toHaveLength(4);

  objects.set('workspaces/here/b.json', aWorkspace('parked'));
  objects.delete('workspaces/here/c.json');
  const second = await survey('here');
  expect(second.map(({ phase }) => phase).toSorted()).toEqual(['parked', 'ready', 'running']);
  expect(bucket.reads.slice(4)).toEqual(['workspaces/here/b.json']);
});

/** Lists: the caller's tasks among others', in full pages, with every filter, in bounded calls. */
import { afterEach, describe, expect, test } from 'vitest';
import { startTesRig, type TesRig, type TesUser } from './rig.ts';

let rig: TesRig;
afterEach(async () => {
  await rig?.stop();
});

interface Page {
  readonly tasks: readonly { readonly id: string }[];
  readonly next_page_token?: string;
}

/** Page by page to the end. */
const pagesOf = async (as: TesUser, query: string): Promise<string[][]> => {
  const pages: string[][] = [];
  let token = '';
  for (;;) {
    const answer = await rig.call(as, 'GET', `/tasks?${query}${token && `&page_token=${token}`}`);
    if (answer.status !== 200) throw new Error(answer.text);
    const page = answer.json as unknown as Page;
    pages.push(page.tasks.map(({ id }) => id));
    if (page.next_page_token === undefined) return pages;
    token = page.next_page_token;
  }
};

describe.each([
  ['filters by tags', false],
  ['does not look at tags', true],
])('of a server that %s', (_name, ignoresTags) => {
  test('3 tasks of 10,000 are found in bounded calls, none of which asks for all in full', async () => {
    rig = await startTesRig();
    rig.fake.ignoresTags = ignoresTags;
    const own: string[] = [];
    for (let at = 0; at < 10_000; at++) {
      const isOwn = [17, 4_711, 9_998].includes(at);
      const { id } = rig.taskOf(isOwn ? '7' : '8');
      if (isOwn) own.unshift(id);
    }
    for (const view of ['MINIMAL', 'BASIC', 'FULL']) {
      rig.fake.seen.length = 0;
      const pages = await pagesOf('alice', `view=${view}`);
      expect(pages.flat()).toEqual(own);
      const lists = rig.fake.seen.filter(({ path }) => path.endsWith('/tasks'));
      expect(lists.length).toBeLessThanOrEqual(ignoresTags ? 41 : 1);
      expect(lists.map(({ query }) => query.get('view'))).not.toContain('FULL');
      expect(rig.fake.seen.length - lists.length).toBe(view === 'FULL' ? 3 : 0);
    }
  });

  test('pages are full but the last, in order, each task once', async () => {
    rig = await startTesRig();
    rig.fake.ignoresTags = ignoresTags;
    const own: string[] = [];
    for (let at = 0; at < 300; at++) {
      const isOwn = at % 7 === 3;
      const { id } = rig.taskOf(isOwn ? '7' : '8');
      if (isOwn) own.unshift(id);
    }
    for (const size of [1, 2, 5, 43, 100]) {
      const pages = await pagesOf('alice', `page_size=${size}`);
      expect(pages.flat()).toEqual(own);
      const filled = pages.filter((page) => page.length > 0);
      for (const page of filled.slice(0, -1)) expect(page).toHaveLength(size);
    }
  });
});

test('an operator pages through all', async () => {
  rig = await startTesRig();
  for (let at = 0; at < 20; at++) rig.taskOf(String(at % 3));
  const pages = await pagesOf('operator', 'page_size=6');
  expect(pages.map(({ length }) => length)).toEqual([6, 6, 6, 2]);
  expect(new Set(pages.flat()).size).toBe(20);
});

test('tasks that are made between two pages neither hide nor repeat older ones', async () => {
  rig = await startTesRig();
  rig.fake.ignoresTags = true;
  const ids = Array.from({ length: 10 }, () => rig.taskOf('7').id).reverse();
  const first = (await rig.call('alice', 'GET', '/tasks?page_size=4')).json as unknown as Page;
  for (let at = 0; at < 3; at++) rig.taskOf('7');
  const second = (await rig.call('alice', 'GET', `/tasks?page_size=4&page_token=${first.next_page_token}`))
    .json as unknown as Page;
  expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(ids.slice(0, 8));
});

test('every filter reaches the server, in order, beside the caller’s own', async () => {
  rig = await startTesRig();
  rig.taskOf('7', { name: 'a-1', state: 'COMPLETE', tags: { x: '1', y: '2' } });
  rig.taskOf('7', { name: 'a-2', state: 'COMPLETE', tags: { x: '1' } });
  rig.taskOf('7', { name: 'b-3', state: 'COMPLETE', tags: { x: '1', y: '2' } });
  rig.taskOf('7', { name: 'a-4', state: 'RUNNING', tags: { x: '1', y: '3' } });
  rig.taskOf('8', { name: 'a-5', state: 'COMPLETE', tags: { x: '1', y: '2' } });
  const found = async (query: string) => (await pagesOf('alice', query)).flat();
  expect(await found('name_prefix=a-&state=COMPLETE&tag_key=x&tag_value=1&tag_key=y&tag_value=2')).toEqual([
    'task-000001',
  ]);
  expect(await found('tag_key=x&tag_key=y&tag_value=1')).toEqual(['task-000004', 'task-000003', 'task-000001']);
  expect(await found('tag_key=y&tag_value=')).toEqual(['task-000004', 'task-000003', 'task-000001']);
  expect(await found('tag_key=z')).toEqual([]);
  const [call] = rig.fake.seen;
  expect([...(call?.query ?? [])]).toEqual([
    ['view', 'BASIC'],
    ['page_size', '256'],
    ['name_prefix', 'a-'],
    ['state', 'COMPLETE'],
    ['tag_key', '_AUTHZ'],
    ['tag_value', '/services/workflow/gen3-workflow/tasks/7/TASK_ID_PLACEHOLDER'],
    ['tag_key', 'x'],
    ['tag_value', '1'],
    ['tag_key', 'y'],
    ['tag_value', '2'],
  ]);
});

test.each([
  'state=DONE',
  'page_size=0',
  'page_size=2048',
  'page_size=many',
  'page_token=made-up',
  'tag_value=x',
  'tag_key=_authz&tag_value=x',
  'view=some',
])('%s is refused', async (query) => {
  rig = await startTesRig();
  const answer = await rig.call('alice', 'GET', `/tasks?${query}`);
  expect([answer.status, answer.json.code]).toEqual([400, 'Invalid']);
  expect(rig.fake.seen).toEqual([]);
});

test('a page token is of one caller and one list', async () => {
  rig = await startTesRig();
  for (let at = 0; at < 4; at++) rig.taskOf(at % 2 === 0 ? '7' : '8');
  const { next_page_token: token } = (await rig.call('alice', 'GET', '/tasks?page_size=1')).json;
  expect((await rig.call('bob', 'GET', `/tasks?page_size=1&page_token=${token}`)).status).toBe(400);
  expect((await rig.call('operator', 'GET', `/tasks?page_token=${token}`)).status).toBe(400);
  expect((await rig.call('alice', 'GET', `/tasks?state=QUEUED&page_token=${token}`)).status).toBe(400);
  expect((await rig.call('alice', 'GET', `/tasks?view=FULL&page_size=7&page_token=${token}`)).status).toBe(200);
});

test('a server that gives the same page for ever is told from one that has more', async () => {
  rig = await startTesRig();
  rig.fake.repeatsToken = 'task-000002';
  for (let at = 0; at < 5; at++) rig.taskOf('8');
  const answer = await rig.call('alice', 'GET', '/tasks');
  expect([answer.status, answer.json.detail]).toEqual([502, 'the TES server gives the same page again']);
});

test('tasks too large for one answer are read in smaller pages', async () => {
  rig = await startTesRig();
  const ids = Array.from({ length: 20 }, () => rig.taskOf('7', { description: 'x'.repeat(900_000) }).id).reverse();
  const pages = await pagesOf('alice', 'page_size=20');
  expect(pages.flat()).toEqual(ids);
  expect(pages[0]).toHaveLength(20);
});

test('in FULL a page has at most 256 tasks, and goes on', async () => {
  rig = await startTesRig();
  for (let at = 0; at < 300; at++) rig.taskOf('7');
  const pages = await pagesOf('alice', 'view=FULL&page_size=2000');
  expect(pages.map(({ length }) => length)).toEqual([256, 44]);
});

/** Where Arborist decides: its paths are what a caller may do, asked for once. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { A_TASK, startTesRig, type TesRig } from './rig.ts';

const TASKS = '/services/workflow/gen3-workflow/tasks';

interface Asked {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

let rig: TesRig;
let arborist: Server | undefined;
afterEach(async () => {
  arborist?.close();
  arborist?.closeAllConnections();
  await rig?.stop();
});

/** @param mapping methods by path; undefined: it does not answer */
const start = async (mapping: Record<string, readonly string[]> | undefined, mayCreate = true): Promise<Asked[]> => {
  const asked: Asked[] = [];
  arborist = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += chunk;
    asked.push({ path: req.url ?? '', body: JSON.parse(text) as Record<string, unknown> });
    if (!mapping) return void res.writeHead(500).end();
    const answer =
      req.url === '/auth/request'
        ? { auth: mayCreate }
        : Object.fromEntries(
            Object.entries(mapping).map(([path, methods]) => [
              path,
              methods.map((method) => ({ service: 'gen3-workflow', method })),
            ]),
          );
    res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => arborist?.listen(0, '127.0.0.1', resolve));
  rig = await startTesRig({ s3: { arboristUrl: `http://127.0.0.1:${(arborist.address() as AddressInfo).port}` } });
  return asked;
};

const seenBy = async (): Promise<unknown> =>
  ((await rig.call('alice', 'GET', '/tasks')).json.tasks as { id: string }[]).map(({ id }) => id);

test('own tasks by a right on the own folder: asked once, and the server is asked for no others', async () => {
  const asked = await start({ [`${TASKS}/7`]: ['read', 'delete'], '/programs': ['read'] });
  const own = rig.taskOf('7');
  const foreign = rig.taskOf('8');
  expect(await seenBy()).toEqual([own.id]);
  expect(asked).toEqual([{ path: '/auth/mapping', body: { username: 'alice' } }]);
  expect(rig.fake.seen[0]?.query.get('tag_key')).toBe('_AUTHZ');
  expect((await rig.call('alice', 'GET', `/tasks/${foreign.id}`)).status).toBe(404);
  expect((await rig.call('alice', 'POST', `/tasks/${own.id}:cancel`)).status).toBe(200);
});

test('tasks that are shared, one by one or all of a user', async () => {
  await start({ [`${TASKS}/8/task-000002`]: ['read'], [`${TASKS}/9`]: ['read', 'delete'] });
  rig.taskOf('7');
  const one = rig.taskOf('8');
  rig.taskOf('8');
  const other = rig.taskOf('9');
  rig.taskOf('90');
  rig.fake.add();
  expect(await seenBy()).toEqual([other.id, one.id]);
  // What may be seen and not ended is no secret; what may not be seen is not there.
  expect((await rig.call('alice', 'POST', `/tasks/${one.id}:cancel`)).status).toBe(403);
  expect((await rig.call('alice', 'POST', '/tasks/task-000003:cancel')).status).toBe(404);
  expect((await rig.call('alice', 'POST', `/tasks/${other.id}:cancel`)).status).toBe(200);
});

test('read on all tasks is everybody’s', async () => {
  await start({ [TASKS]: ['read'] });
  rig.taskOf('7');
  rig.taskOf('8');
  expect(await seenBy()).toHaveLength(2);
});

test('without a right there is nothing to see', async () => {
  await start({ [`${TASKS}/7`]: ['create'], [`${TASKS}/77`]: ['read'] });
  rig.taskOf('7');
  expect(await seenBy()).toEqual([]);
  expect((await rig.call('alice', 'GET', '/tasks/task-000001')).status).toBe(404);
});

test('a foreign task and a missing one are asked about alike', async () => {
  const asked = await start({ [`${TASKS}/7`]: ['read'] });
  const foreign = rig.taskOf('8');
  for (const id of [foreign.id, 'task-999999']) {
    asked.length = 0;
    rig.fake.seen.length = 0;
    expect((await rig.call('alice', 'GET', `/tasks/${id}`)).status).toBe(404);
    expect([asked.length, rig.fake.seen.length]).toEqual([1, 1]);
  }
});

test.each([
  [true, 200],
  [false, 403],
])('making a task is asked for: %s', async (mayCreate, status) => {
  const asked = await start({}, mayCreate);
  expect((await rig.call('alice', 'POST', '/tasks', A_TASK)).status).toBe(status);
  expect(asked).toMatchObject([
    {
      path: '/auth/request',
      body: { requests: [{ resource: TASKS, action: { service: 'gen3-workflow', method: 'create' } }] },
    },
  ]);
});

test('where Arborist does not answer, nothing is shown and nothing made', async () => {
  await start(undefined);
  rig.taskOf('7');
  for (const [method, path, body] of [
    ['GET', '/tasks', undefined],
    ['GET', '/tasks/task-000001', undefined],
    ['POST', '/tasks/task-000001:cancel', undefined],
    ['POST', '/tasks', A_TASK],
  ] as const)
    expect((await rig.call('alice', method, path, body)).status).toBe(503);
  expect(rig.fake.tasks).toHaveLength(1);
});

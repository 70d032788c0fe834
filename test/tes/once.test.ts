/** One task for one Idempotency-Key, whatever is lost on the way. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from './fake-tes.ts';
import { A_TASK, startTesRig, type TesRig, type TesUser } from './rig.ts';

let rig: TesRig;
afterEach(async () => {
  await rig?.stop();
});

const create = (key: string | undefined, { as = 'alice' as TesUser, task = A_TASK as object } = {}) =>
  rig.call(as, 'POST', '/tasks', task, key === undefined ? {} : { 'idempotency-key': key });

const creates = () => rig.fake.seen.filter(({ method }) => method === 'POST').length;

/** Only calls that make tasks, so many of them. */
const failCreates = (fault: Fault, times = 1): void => {
  let left = times;
  rig.fake.fault = ({ method }) => (method === 'POST' && left-- > 0 ? fault : undefined);
};

test('the same call gives the same task, another key another one', async () => {
  rig = await startTesRig();
  const first = await create('k');
  expect([first.status, first.json]).toEqual([200, { id: 'task-000001' }]);
  expect((await create('k')).json).toEqual({ id: 'task-000001' });
  expect((await create('other')).json).toEqual({ id: 'task-000002' });
  expect((await create('k', { as: 'bob' })).json).toEqual({ id: 'task-000003' });
  expect((await create(undefined)).json).toEqual({ id: 'task-000004' });
  expect(creates()).toBe(4);
});

test('the same key for another task is refused', async () => {
  rig = await startTesRig();
  await create('k');
  const answer = await create('k', { task: { ...A_TASK, name: 'another' } });
  expect([answer.status, answer.json.code]).toEqual([422, 'Invalid']);
  expect(rig.fake.tasks).toHaveLength(1);
});

test('twenty calls at once make one task', async () => {
  rig = await startTesRig();
  const answers = await Promise.all(Array.from({ length: 20 }, () => create('k')));
  expect(new Set(answers.map(({ json }) => json.id))).toEqual(new Set(['task-000001']));
  expect(rig.fake.tasks).toHaveLength(1);
});

describe.each(['k', undefined])('with the key %s', (key) => {
  test('a task whose answer was lost is found', async () => {
    rig = await startTesRig();
    failCreates('lost-answer');
    expect((await create(key)).json).toEqual({ id: 'task-000001' });
    expect(rig.fake.tasks).toHaveLength(1);
  });

  test('also where the server does not filter by tags', async () => {
    rig = await startTesRig();
    rig.fake.ignoresTags = true;
    failCreates('cut-short');
    expect((await create(key)).json).toEqual({ id: 'task-000001' });
  });

  test('one that a server made and then failed on is found', async () => {
    rig = await startTesRig();
    rig.fake.fault = (call) => {
      if (call.method !== 'POST') return undefined;
      rig.fake.add(JSON.parse(call.body));
      return { status: 500 };
    };
    expect((await create(key)).json).toEqual({ id: 'task-000001' });
  });
});

test('a call that made nothing leaves nothing behind: the next one makes the task', async () => {
  rig = await startTesRig();
  for (const [fault, status] of [
    ['reset', 503],
    [{ status: 500 }, 502],
    [{ status: 503 }, 503],
    [{ status: 400, body: '{"error": "no"}' }, 400],
  ] as const) {
    failCreates(fault);
    const key = `a key for ${JSON.stringify(fault)}`;
    expect((await create(key)).status).toBe(status);
    expect((await create(key)).status).toBe(200);
  }
  expect(rig.fake.tasks).toHaveLength(4);
});

test('where nobody can say whether there is a task, none is made beside it', async () => {
  rig = await startTesRig();
  rig.fake.fault = ({ method }) => (method === 'POST' ? 'lost-answer' : { status: 503 });
  expect((await create('k')).status).toBe(503);
  expect((await create('k')).status).toBe(503);
  rig.fake.fault = () => undefined;
  expect((await create('k')).json).toEqual({ id: 'task-000001' });
  expect(rig.fake.tasks).toHaveLength(1);
});

test('a server that is slow is given its time before another task is made', async () => {
  let now = Date.now();
  rig = await startTesRig({ tes: { timeoutSeconds: 0.1 }, now: () => now });
  // It has read the request, and nobody knows whether it will make the task.
  const late: string[] = [];
  rig.fake.fault = ({ method, body }) => {
    if (method !== 'POST') return undefined;
    late.push(body);
    return 'never';
  };
  expect((await create('k')).status).toBe(503);
  rig.fake.fault = () => undefined;
  expect((await create('k')).json.code).toBe('OperationInProgress');
  rig.fake.add(JSON.parse(late[0] ?? ''));
  expect((await create('k')).json).toEqual({ id: 'task-000001' });
  // Control: after that time one that never came is made again.
  rig.fake.fault = ({ method }) => (method === 'POST' ? 'never' : undefined);
  expect((await create('other')).status).toBe(503);
  rig.fake.fault = () => undefined;
  now += 1_000;
  expect((await create('other')).json).toEqual({ id: 'task-000002' });
});

test('a process that died with a request in its hands holds it up for a while only', async () => {
  let now = Date.now();
  rig = await startTesRig({ now: () => now });
  await create('k');
  const [marker = ''] = rig.s3.keys().filter((key) => key.startsWith('task-requests/'));
  expect(marker).toMatch(/^task-requests\/localhost\/7\/[0-9a-f]{64}\.json$/);
  rig.fake.tasks.length = 0;
  const stored = JSON.parse(await rig.read(marker)) as { fingerprint: string };
  await rig.write(marker, JSON.stringify({ ...stored, taskId: null, heldUntil: now + 10_000 }));
  const held = await create('k');
  expect([held.status, held.json.code, held.headers.get('retry-after')]).toEqual([409, 'OperationInProgress', '5']);
  now += 10_001;
  expect((await create('k')).status).toBe(200);
  expect(rig.fake.tasks).toHaveLength(1);
});

test('a control bucket that does not answer makes no task', async () => {
  rig = await startTesRig();
  rig.s3.broken = Object.assign(new Error('down'), { name: 'ServiceUnavailable' });
  expect((await create('k')).status).toBeGreaterThanOrEqual(500);
  expect(rig.fake.tasks).toEqual([]);
  // Without a key it is not needed.
  expect((await create(undefined)).status).toBe(200);
});

/** What a TES server is given for a task, that it works for nothing else, and that it is nowhere else. */
import { afterEach, describe, expect, test } from 'vitest';
import { A_TASK, BUCKET, startTesRig, TES_TOKENS, type TesRig } from './rig.ts';

let rig: TesRig;
afterEach(async () => {
  await rig?.stop();
});

const FILES = {
  inputs: [
    { url: `s3://${BUCKET}/in.txt`, path: '/in' },
    { url: `s3://${BUCKET}/folder/`, path: '/folder', type: 'DIRECTORY' },
  ],
  outputs: [{ url: `s3://${BUCKET}/out/result.txt`, path: '/out' }],
};
const TASK = { ...A_TASK, ...FILES };

const headersOf = () => rig.fake.seen.find(({ method }) => method === 'POST')?.headers ?? {};

/** All that could leak: the task, its answers, the logs, the control bucket. */
const everything = async (): Promise<string> =>
  [
    JSON.stringify(rig.fake.tasks),
    ...rig.fake.seen.map(({ path, query, body }) => `${path} ${query} ${body}`),
    ...rig.lines(),
    ...(await Promise.all(rig.s3.keys().map((key) => rig.read(key)))),
    (await rig.call('alice', 'GET', '/tasks?view=FULL')).text,
    (await rig.call('alice', 'GET', '/tasks/task-000001?view=FULL')).text,
  ].join('\n');

describe('session', () => {
  const SESSION = { forward: 'session' };

  test('goes along as headers of the call that makes the task, and is nowhere else', async () => {
    rig = await startTesRig({ tes: SESSION });
    expect((await rig.call('alice', 'POST', '/tasks', TASK, { 'idempotency-key': 'k' })).status).toBe(200);
    const headers = headersOf();
    expect(headers).toMatchObject({
      'x-task-access-key-id': expect.stringMatching(/^GWS1/),
      'x-task-secret-access-key': expect.stringMatching(/^.{40}$/),
      'x-task-session-token': expect.stringMatching(/^.{100}/),
      'x-task-s3-endpoint': 'http://127.0.0.1:9000',
      'x-task-s3-region': 'us-east-1',
      'x-task-s3-bucket': BUCKET,
    });
    expect(headers).not.toHaveProperty('authorization');
    const told = await everything();
    expect(told).toContain(headers['x-task-access-key-id']);
    for (const name of ['x-task-secret-access-key', 'x-task-session-token']) expect(told).not.toContain(headers[name]);
    for (const part of TES_TOKENS.alice.split('.')) expect(told).not.toContain(part);
    for (const { headers: others, method } of rig.fake.seen)
      if (method === 'GET') expect(Object.keys(others).filter((name) => name.startsWith('x-task'))).toEqual([]);
  });

  test('a repeated call mints no other one', async () => {
    rig = await startTesRig({ tes: SESSION });
    for (let at = 0; at < 2; at++) await rig.call('alice', 'POST', '/tasks', TASK, { 'idempotency-key': 'k' });
    expect(rig.lines().filter((line) => line.includes('session minted'))).toHaveLength(1);
  });

  test('its names are the configuration’s', async () => {
    rig = await startTesRig({ tes: { ...SESSION, headers: { secretAccessKey: 'x-my-secret' } } });
    await rig.call('alice', 'POST', '/tasks', TASK);
    expect(headersOf()).toHaveProperty('x-my-secret');
    expect(headersOf()).not.toHaveProperty('x-task-secret-access-key');
  });

  test('an error that repeats it is cleaned', async () => {
    rig = await startTesRig({ tes: SESSION });
    rig.fake.fault = ({ headers }) => ({
      status: 400,
      body: JSON.stringify({ error: `bad: ${JSON.stringify(headers)}` }),
    });
    const { status, text } = await rig.call('alice', 'POST', '/tasks', TASK);
    expect(status).toBe(400);
    expect(text).not.toContain(headersOf()['x-task-secret-access-key']);
    expect(text).not.toContain(headersOf()['x-task-session-token']);
  });
});

describe('none', () => {
  test('sends nothing, not even the caller’s token', async () => {
    rig = await startTesRig();
    await rig.call('alice', 'POST', '/tasks', TASK);
    expect(Object.keys(headersOf()).filter((name) => name.startsWith('x-') || name === 'authorization')).toEqual([]);
  });

  test('but the token where Gen3’s plugin needs it', async () => {
    rig = await startTesRig({ tes: { forwardAuthorization: true } });
    await rig.call('alice', 'POST', '/tasks', TASK);
    expect(headersOf().authorization).toBe(`Bearer ${TES_TOKENS.alice}`);
    await rig.call('alice', 'GET', '/tasks');
    expect(rig.fake.seen.at(-1)?.headers).not.toHaveProperty('authorization');
  });
});

describe('system-key', () => {
  const keys = () => {
    const leases = new Map<string, string>();
    const noted: string[] = [];
    return {
      leases,
      noted,
      systemKeys: {
        newestForwardable: async (userId: string) =>
          userId === '7' ? { accessKeyId: 'AKIANEWEST', secretAccessKey: 'the-secret-of-the-key' } : undefined,
        lease: async ({ userId, accessKeyId, task }: { userId: string; accessKeyId: string; task: string }) => {
          noted.push(`lease ${task.replace(/^pending-.*/, 'pending')}`);
          leases.set(`${userId} ${task}`, accessKeyId);
        },
        release: async (userId: string, task: string) => {
          noted.push(`release ${task.replace(/^pending-.*/, 'pending')}`);
          leases.delete(`${userId} ${task}`);
        },
      },
    };
  };
  const SYSTEM_KEY = { forward: 'system-key' };

  test('the newest one goes along, leased before it leaves, and is nowhere else', async () => {
    const { systemKeys, leases, noted } = keys();
    rig = await startTesRig({ tes: SYSTEM_KEY, systemKeys });
    rig.fake.fault = () => {
      expect([...leases.keys()]).toEqual([expect.stringMatching(/^7 pending-/)]);
      rig.fake.fault = () => undefined;
      return undefined;
    };
    expect((await rig.call('alice', 'POST', '/tasks', TASK)).status).toBe(200);
    expect(headersOf()).toMatchObject({
      'x-task-access-key-id': 'AKIANEWEST',
      'x-task-secret-access-key': 'the-secret-of-the-key',
    });
    expect(headersOf()).not.toHaveProperty('x-task-session-token');
    expect(noted).toEqual(['lease pending', 'lease task-000001', 'release pending']);
    expect([...leases]).toEqual([['7 task-000001', 'AKIANEWEST']]);
    expect(await everything()).not.toContain('the-secret-of-the-key');
  });

  test('a refused task holds no key; one of which nobody knows does', async () => {
    const { systemKeys, leases } = keys();
    rig = await startTesRig({ tes: SYSTEM_KEY, systemKeys });
    rig.fake.fault = () => ({ status: 400 });
    expect((await rig.call('alice', 'POST', '/tasks', TASK)).status).toBe(400);
    expect(leases.size).toBe(0);
    rig.fake.fault = () => ({ status: 500 });
    expect((await rig.call('alice', 'POST', '/tasks', TASK)).status).toBe(502);
    expect(leases.size).toBe(1);
  });

  test.each(['list', 'show', 'cancel'])(
    'a task that is seen to have ended gives its key back, once: %s',
    async (how) => {
      const { systemKeys, noted } = keys();
      rig = await startTesRig({ tes: SYSTEM_KEY, systemKeys });
      const { id } = rig.taskOf('7', { state: 'COMPLETE' });
      rig.taskOf('7');
      rig.taskOf('8', { state: 'COMPLETE' });
      const look = () =>
        how === 'list'
          ? rig.call('alice', 'GET', '/tasks')
          : rig.call('alice', how === 'show' ? 'GET' : 'POST', `/tasks/${id}${how === 'show' ? '' : ':cancel'}`);
      await look();
      await look();
      expect(noted).toEqual([`release ${id}`]);
    },
  );

  test('a user without one gets no task', async () => {
    rig = await startTesRig({ tes: SYSTEM_KEY, systemKeys: keys().systemKeys });
    expect((await rig.call('bob', 'POST', '/tasks', A_TASK)).status).toBe(503);
    expect(rig.fake.seen).toEqual([]);
  });

  test('a lease that can not be written after the task was made does not make it twice', async () => {
    const { systemKeys } = keys();
    const lease = async ({ task }: { task: string }) => {
      if (!task.startsWith('pending')) throw new Error('the bucket is away');
    };
    rig = await startTesRig({ tes: SYSTEM_KEY, systemKeys: { ...systemKeys, lease } });
    for (let at = 0; at < 2; at++)
      expect((await rig.call('alice', 'POST', '/tasks', TASK, { 'idempotency-key': 'k' })).json).toEqual({
        id: 'task-000001',
      });
    expect(rig.lines().join('\n')).toContain('the key of a task is not leased');
  });
});

/** A TES server that is broken in some way, and what its callers are told. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from './fake-tes.ts';
import { A_TASK, startTesRig, type TesRig } from './rig.ts';

let rig: TesRig;
afterEach(async () => {
  await rig?.stop();
});

const CALLS = [
  ['GET', '/service-info', undefined],
  ['GET', '/tasks', undefined],
  ['GET', '/tasks/task-000001', undefined],
  ['GET', '/tasks/task-000001?view=FULL', undefined],
  ['POST', '/tasks/task-000001:cancel', undefined],
  ['POST', '/tasks', A_TASK],
] as const;

/** The address of the server is nowhere in what callers are told. */
const expectNoAddress = (text: string): void => {
  for (const part of ['127.0.0.1', new URL(rig.fake.url).port, 'ECONN', 'undici', 'funnel'])
    expect(text).not.toContain(part);
};

describe.each(CALLS)('%s %s', (method, path, body) => {
  test.each([
    [{ status: 500, body: '{"error": "dial tcp 127.0.0.1:9090: refused by funnel:8000"}' }, [502]],
    [{ status: 502, body: '<html>' }, [502]],
    [{ status: 503 }, [503]],
    [{ status: 504 }, [502]],
    [{ status: 429, headers: { 'retry-after': '17' } }, [503]],
    [{ status: 301, headers: { location: 'http://127.0.0.1:1/' } }, [502]],
    [{ status: 401 }, [502]],
    [{ status: 403 }, [502]],
    [{ status: 400, body: '{"error": "no way, says http://funnel:8000/x"}' }, [400]],
    [{ status: 200, body: 'null' }, [502]],
    [{ status: 200, body: '[]' }, [502]],
    [{ status: 200, body: '{"tasks": "none"}' }, [200, 404, 502]],
    [{ status: 200, body: '{"tasks": [{"state": "RUNNING"}, null]}' }, [200, 404, 502]],
    [{ status: 200, body: '{"id": "another"}' }, [200, 502]],
    ['not-json', [502]],
    ['reset', [503]],
  ] as [Fault, number[]][])('with %j', async (fault, statuses) => {
    rig = await startTesRig();
    rig.taskOf('7');
    rig.fake.fault = (call) => (call.method === 'GET' && path.endsWith(':cancel') ? undefined : fault);
    const answer = await rig.call('alice', method, path, body);
    expect(statuses).toContain(answer.status);
    expectNoAddress(answer.text);
    if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const codes: Record<number, string> = { 400: 'Invalid', 404: 'NotFound' };
    if (answer.status >= 400)
      expect(answer.json).toMatchObject({ code: codes[answer.status] ?? 'Unavailable', status: answer.status });
    // What has passed has passed.
    rig.fake.fault = () => undefined;
    rig.taskOf('7');
    expect((await rig.call('alice', method, path, body)).status).toBe(200);
  });
});

test.each(CALLS.map(([method, path, body]) => ({ method, path, body })))(
  '$method $path is given up after a while, and the next one works',
  async ({ method, path, body }) => {
    rig = await startTesRig({ tes: { timeoutSeconds: 0.1 } });
    rig.taskOf('7');
    rig.fake.fault = () => 'never';
    const answer = await rig.call('alice', method, path, body);
    expect([answer.status, answer.json.detail]).toEqual([503, 'the TES server does not answer in time']);
    rig.fake.fault = () => undefined;
    expect((await rig.call('alice', method, path, body)).status).toBe(200);
  },
);

test('a server that is not there', async () => {
  rig = await startTesRig();
  await rig.fake.stop();
  for (const [method, path, body] of CALLS) {
    const answer = await rig.call('alice', method, path, body);
    expect([answer.status, answer.json.detail]).toEqual([503, 'the TES server can not be reached']);
    expectNoAddress(answer.text);
  }
});

test('an answer without an end is not read to it', async () => {
  rig = await startTesRig();
  rig.taskOf('7');
  rig.fake.fault = () => 'huge';
  expect((await rig.call('alice', 'GET', '/service-info')).status).toBe(502);
  rig.fake.fault = () => undefined;
  expect((await rig.call('alice', 'GET', '/service-info')).status).toBe(200);
});

test('more calls than connections wait, and far more are turned away', async () => {
  rig = await startTesRig({ tes: { connectionsMax: 2, timeoutSeconds: 1 } });
  rig.fake.fault = () => 'never';
  const answers = await Promise.all(Array.from({ length: 40 }, () => rig.call('alice', 'GET', '/service-info')));
  expect(answers.filter(({ status }) => status === 503)).toHaveLength(40);
  // Two have a connection, sixteen wait for one.
  expect(answers.filter(({ json }) => json.detail === 'too many calls wait for the TES server')).toHaveLength(22);
  expect(rig.fake.seen.length).toBeLessThanOrEqual(4);
  rig.fake.fault = () => undefined;
  expect((await rig.call('alice', 'GET', '/service-info')).status).toBe(200);
});

test('500 faults leave the pool as it was', async () => {
  rig = await startTesRig({ tes: { connectionsMax: 4 } });
  const faults: Fault[] = [{ status: 500 }, 'not-json', 'reset', { status: 304 }, 'cut-short'];
  let count = 0;
  rig.fake.fault = () => faults[count++ % faults.length];
  for (let at = 0; at < 125; at++)
    await Promise.all(Array.from({ length: 4 }, () => rig.call('alice', 'GET', '/service-info')));
  rig.fake.fault = () => undefined;
  for (let at = 0; at < 5; at++) expect((await rig.call('alice', 'GET', '/service-info')).status).toBe(200);
});

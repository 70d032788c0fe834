/** What every other route of the API refuses, at those of the TES server's: tokens, foreign things, bodies. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { A_TASK, startTesRig, type TesRig } from './rig.ts';

let rig: TesRig;
beforeAll(async () => {
  rig = await startTesRig();
});
afterAll(() => rig?.stop());

const ROUTES = [
  ['GET', '/service-info'],
  ['GET', '/tasks'],
  ['POST', '/tasks'],
  ['GET', '/tasks/{id}'],
  ['POST', '/tasks/{id}:cancel'],
] as const;

test('these are all that the document has', async () => {
  const { paths } = (await (await rig.app.request('/openapi.json')).json()) as { paths: Record<string, object> };
  const documented = Object.entries(paths)
    .filter(([path]) => path.startsWith('/ga4gh/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path]));
  expect(documented.map(([method, path]) => `${method} ${path?.replace('/ga4gh/tes/v1', '')}`).toSorted()).toEqual(
    ROUTES.map((route) => route.join(' ')).toSorted(),
  );
});

const bodyOf = (method: string, path: string) => (method === 'POST' && path === '/tasks' ? A_TASK : undefined);

test.each(ROUTES)('%s %s needs a token, and a good one', async (method, path) => {
  const before = rig.fake.seen.length;
  for (const headers of [{}, { authorization: 'Bearer abc.def.ghi' }, { authorization: 'Basic YTpi' }]) {
    const answer = await rig.call(null, method, path.replace('{id}', 'task-1'), bodyOf(method, path), headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  }
  expect(rig.fake.seen).toHaveLength(before);
});

test.each(ROUTES.filter(([, path]) => path !== '/service-info'))(
  '%s %s is nothing for a client',
  async (method, path) => {
    const before = rig.fake.seen.length;
    const answer = await rig.call('client', method, path.replace('{id}', rig.taskOf('7').id), bodyOf(method, path));
    expect([answer.status, answer.json.code]).toEqual([403, 'Denied']);
    expect(rig.fake.seen).toHaveLength(before);
  },
);

test.each(ROUTES.filter(([, path]) => path.includes('{id}')))(
  '%s %s: the task of somebody else is not there, word for word',
  async (method, path) => {
    const foreign = rig.taskOf('8');
    const own = rig.taskOf('7');
    const ask = (id: string) => rig.call('alice', method, path.replace('{id}', id));
    const comparable = (text: string, id: string) =>
      text.replaceAll(id, '<id>').replaceAll(/"(instance|requestId)":"[^"]*"/g, '');
    const [there, missing] = [await ask(foreign.id), await ask('task-999999')];
    expect(there.status).toBe(404);
    expect(comparable(there.text, foreign.id)).toBe(comparable(missing.text, 'task-999999'));
    // Control: one's own is.
    expect((await ask(own.id)).status).toBe(200);
    for (const id of ['..%2f..', '%00', 'a'.repeat(3_000), '%20'])
      expect([400, 404, 422]).toContain((await rig.call('alice', method, path.replace('{id}', id))).status);
  },
);

describe('POST /tasks', () => {
  test.each([
    ['that is not JSON', '{"executors":', {}, 400],
    ['of another type', 'executors=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['over 1 MiB', { ...A_TASK, description: 'x'.repeat(1024 * 1024) }, {}, 413],
    ['with an unknown member', { ...A_TASK, 'no/such': 1 }, {}, 400],
  ])('refuses a body %s, and the TES server hears nothing of it', async (_, body, headers, status) => {
    const before = rig.fake.seen.length;
    const answer = await rig.call('alice', 'POST', '/tasks', body, headers);
    expect([answer.status, answer.json.code]).toEqual([status, 'Invalid']);
    expect(rig.fake.seen).toHaveLength(before);
  });
});

/** The routes as a client sees them: what works, what is refused, and what nobody learns. */
import { afterEach, describe, expect, test } from 'vitest';
import { apiRig } from '../api/rig.ts';
import { A_TASK, BASE, BUCKET, startTesRig, type TesRig, type TesRigOptions } from './rig.ts';

let rig: TesRig;
const start = async (options?: TesRigOptions): Promise<TesRig> => {
  rig = await startTesRig(options);
  return rig;
};
afterEach(async () => {
  await rig?.stop();
});

describe('without a TES server', () => {
  test.each([
    ['GET', '/service-info'],
    ['GET', '/service-info/'],
    ['GET', '/tasks'],
    ['POST', '/tasks'],
    ['GET', '/tasks/some-id'],
    ['POST', '/tasks/some-id:cancel'],
  ])('%s %s is answered with what to configure', async (method, path) => {
    const answer = await apiRig().call('alice', method, `${BASE}${path}`, method === 'POST' ? {} : undefined);
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'Unavailable', detail: expect.stringContaining('tes.url') });
    expect(answer.text).toContain('--tes-url');
  });
});

describe('each route', () => {
  test.each(['', '/'])('answers with %j at its end', async (slash) => {
    const { call, fake } = await start();
    expect((await call('alice', 'GET', `/service-info${slash}`)).json).toEqual({ id: 'fake', name: 'Fake TES' });
    const made = await call('alice', 'POST', `/tasks${slash}`, A_TASK);
    expect([made.status, made.json]).toEqual([200, { id: 'task-000001' }]);
    expect((await call('alice', 'GET', `/tasks${slash}`)).json).toEqual({
      tasks: [{ id: 'task-000001', state: 'QUEUED' }],
    });
    expect((await call('alice', 'GET', `/tasks/task-000001${slash}`)).json).toEqual({
      id: 'task-000001',
      state: 'QUEUED',
    });
    expect((await call('alice', 'POST', `/tasks/task-000001:cancel${slash}`)).json).toEqual({});
    expect((await call('alice', 'POST', `/tasks/task-000001/:cancel${slash}`)).status).toBe(200);
    expect(fake.tasks[0]?.state).toBe('CANCELED');
  });

  test('wants a token', async () => {
    const { call, fake } = await start();
    for (const [method, path] of [
      ['GET', '/service-info'],
      ['GET', '/tasks'],
      ['POST', '/tasks'],
      ['GET', '/tasks/x'],
      ['POST', '/tasks/x:cancel'],
    ] as const)
      expect((await call(null, method, path)).status).toBe(401);
    expect(fake.seen).toEqual([]);
  });

  test('is for users: a client has no tasks', async () => {
    const { call } = await start();
    expect((await call('client', 'GET', '/tasks')).status).toBe(403);
    expect((await call('client', 'POST', '/tasks', A_TASK)).status).toBe(403);
  });

  test('knows its methods', async () => {
    const { call } = await start();
    const answer = await call('alice', 'DELETE', '/tasks');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect((await call('alice', 'POST', '/tasks/task-1', {})).status).toBe(405);
  });
});

describe('a task is made', () => {
  test('with the caller’s own fields, and Eyrie’s tags', async () => {
    const { call, fake } = await start();
    const task = {
      ...A_TASK,
      inputs: [
        { url: `s3://${BUCKET}/in`, path: '/in' },
        { content: 'x', path: '/c', type: null },
      ],
      resources: { cpu_cores: 2, backend_parameters: { queue: 'q' } },
      tags: { mine: 'yes', _GPU: 'true' },
      id: 'chosen',
      state: 'COMPLETE',
      logs: [],
    };
    expect((await call('alice', 'POST', '/tasks', task)).status).toBe(200);
    const sent = JSON.parse(fake.seen[0]?.body ?? '') as Record<string, unknown>;
    expect(sent).toEqual({
      ...A_TASK,
      inputs: [
        { url: `s3://${BUCKET}/in`, path: '/in' },
        { content: 'x', path: '/c' },
      ],
      resources: { cpu_cores: 2, backend_parameters: { queue: 'q' } },
      tags: {
        _AUTHZ: '/services/workflow/gen3-workflow/tasks/7/TASK_ID_PLACEHOLDER',
        _EYRIE_REQUEST: expect.stringMatching(/^[0-9a-f-]{36}$/),
        _GPU: 'true',
        _NODE_SELECTOR: 'role:gpu',
        _TOLERATIONS: expect.stringContaining('nvidia.com/gpu'),
        mine: 'yes',
      },
    });
  });

  test('with the role of the user’s workers, where one is configured', async () => {
    const { call, fake } = await start({ tes: { workerRoleArn: 'arn:aws:iam::111122223333:role/{role}' } });
    await call('alice', 'POST', '/tasks', A_TASK);
    expect(fake.tasks[0]?.tags).toMatchObject({
      _FUNNEL_WORKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/gen3wf-localhost-7-funnel-role',
      _WORKER_SA: 'gen3wf-localhost-7-worker-sa',
    });
  });

  test.each([
    ['an image that is not allowed', { executors: [{ image: 'evil', command: ['x'] }] }, 403],
    ['a reserved tag', { tags: { _authz: '/x' } }, 400],
    ['tags that are a list', { tags: [] }, 400],
    ['a tag that is no text', { tags: { a: 1 } }, 400],
    ['an unknown field', { Tags: { _AUTHZ: 'x' } }, 400],
    ['an unknown field of an executor', { executors: [{ image: 'alpine', command: ['x'], Image: 'evil' }] }, 400],
    ['no executor', { executors: [] }, 400],
    ['executors that are null', { executors: null }, 400],
    ['an unknown pull policy', { tags: { _IMAGE_PULL_POLICY: 'Never' } }, 400],
    ['somebody else’s bucket', { inputs: [{ url: 's3://gen3wf-localhost-8/x', path: '/x' }] }, 403],
    ['somebody else’s bucket as output', { outputs: [{ url: 's3://gen3wf-localhost-8/x', path: '/x' }] }, 403],
  ])('but not with %s', async (_name, change, status) => {
    const { call, fake } = await start();
    const answer = await call('alice', 'POST', '/tasks', { ...A_TASK, ...change });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(fake.seen).toEqual([]);
    // Control: it was the change.
    expect((await call('alice', 'POST', '/tasks', A_TASK)).status).toBe(200);
  });

  test.each([
    ['{', 400],
    ['[]', 400],
    ['null', 400],
    ['"text"', 400],
    [JSON.stringify({ ...A_TASK, name: 'x'.repeat(1024 * 1024) }), 413],
  ])('and not of the body %.10s', async (body, status) => {
    const { call, fake } = await start();
    expect((await call('alice', 'POST', '/tasks', body)).status).toBe(status);
    expect(fake.seen).toEqual([]);
  });

  test('only for a user with a name and an id', async () => {
    const { call, fake } = await start();
    expect((await call('nameless', 'POST', '/tasks', A_TASK)).status).toBe(401);
    expect(fake.seen).toEqual([]);
  });
});

describe('a task of somebody else', () => {
  test('is answered as one that is not there, after the same calls', async () => {
    const { call, fake, taskOf } = await start();
    const foreign = taskOf('8', { name: 'secret' });
    const untagged = fake.add({ name: 'made elsewhere' });
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '?view=BASIC'],
      ['GET', '?view=FULL'],
      ['POST', ':cancel'],
    ] as const) {
      const answers = [];
      for (const id of [foreign.id, untagged.id, 'task-999999']) {
        fake.seen.length = 0;
        const { status, headers, json } = await call('alice', method, `/tasks/${id}${suffix}`);
        const { requestId, instance, ...rest } = json;
        expect(instance).toBe(`${BASE}/tasks/${id}${suffix.replace(/\?.*/, '')}`);
        expect(headers.get('x-request-id')).toBe(requestId);
        const calls = fake.seen.map((one) => [one.method, one.path.replace(id, 'ID'), one.query.get('view')]);
        answers.push({ status, rest, calls, headers: [...headers.keys()] });
      }
      expect(answers[0]).toMatchObject({ status: 404 });
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
    }
    expect(foreign.state).toBe('RUNNING');
    // Control: its owner sees it, and ends it.
    expect((await call('bob', 'GET', `/tasks/${foreign.id}?view=BASIC`)).json).toMatchObject({ name: 'secret' });
    expect((await call('bob', 'POST', `/tasks/${foreign.id}:cancel`)).status).toBe(200);
    expect(foreign.state).toBe('CANCELED');
  });

  test('is seen and ended by an operator', async () => {
    const { call, fake, taskOf } = await start();
    const task = taskOf('8', { name: 'n' });
    fake.add();
    expect((await call('operator', 'GET', `/tasks/${task.id}?view=BASIC`)).json).toMatchObject({ name: 'n' });
    expect((await call('operator', 'GET', '/tasks')).json.tasks).toHaveLength(2);
    expect((await call('operator', 'POST', `/tasks/${task.id}:cancel`)).status).toBe(200);
  });

  test.each(['..', '.', '%2e%2e', 'a%2F..%2Fservice-info', 'x'.repeat(600), '%00', 'a?b', '%3Acancel'])(
    'and the id %.20s are no way to another path',
    async (id) => {
      const { call, fake } = await start();
      const { status } = await call('alice', 'GET', `/tasks/${id}`);
      expect([200, 400, 404]).toContain(status);
      for (const { path } of fake.seen) expect(path).toMatch(/^\/ga4gh\/tes\/v1\/tasks(\/[^/]+)?$/);
    },
  );
});

describe('views', () => {
  test('are those of TES 1.1, whatever the server makes of them', async () => {
    const { call, taskOf } = await start();
    const { id } = taskOf('7', {
      name: 'n',
      state: 'COMPLETE',
      inputs: [{ path: '/in', content: 'large' }],
      logs: [{ system_logs: ['s'], logs: [{ exit_code: 0, stdout: 'o' }] }],
      tags: { _NODE_SELECTOR: 'x', mine: '1' },
    });
    const own = { _AUTHZ: `/services/workflow/gen3-workflow/tasks/7/${id}`, mine: '1' };
    const views = {
      MINIMAL: { id, state: 'COMPLETE' },
      BASIC: {
        id,
        state: 'COMPLETE',
        name: 'n',
        inputs: [{ path: '/in' }],
        logs: [{ logs: [{ exit_code: 0 }] }],
        tags: own,
      },
      FULL: {
        id,
        state: 'COMPLETE',
        name: 'n',
        inputs: [{ path: '/in', content: 'large' }],
        logs: [{ system_logs: ['s'], logs: [{ exit_code: 0, stdout: 'o' }] }],
        tags: own,
      },
    };
    for (const [view, expected] of Object.entries(views)) {
      expect((await call('alice', 'GET', `/tasks/${id}?view=${view}`)).json).toEqual(expected);
      expect((await call('alice', 'GET', `/tasks?view=${view}`)).json).toEqual({ tasks: [expected] });
    }
    expect((await call('alice', 'GET', `/tasks/${id}`)).json).toEqual(views.MINIMAL);
    for (const view of ['full', 'ALL', '']) {
      expect((await call('alice', 'GET', `/tasks/${id}?view=${view}`)).status).toBe(400);
      expect((await call('alice', 'GET', `/tasks?view=${view}`)).status).toBe(400);
    }
  });
});

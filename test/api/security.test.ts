/** What every route refuses, over all routes of the OpenAPI document: a new route is covered by itself. */

import { describe, expect, test } from 'vitest';
import { launchOf } from '#api/workspaces/kind.ts';
import { fail } from '#domain/core/failures.ts';
import { firstHolderRecord, KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import { keyRig } from './key-rig.ts';
import { apiRig, type Caller, ENVIRONMENT, idOf, OWN_ACCOUNT, TOKENS } from './rig.ts';
import { userStorageRig } from './user-storage-rig.ts';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly body: boolean;
}

const OPEN = new Set(['/health/live', '/health/ready', '/_version', '/_status', '/metrics']);

const documented = async (): Promise<Route[]> => {
  const { paths } = (await userStorageRig().call(null, 'GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, { requestBody?: unknown }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      body: requestBody !== undefined,
    })),
  );
};

const routes = await documented();
const guarded = routes.filter(({ path }) => !OPEN.has(path));
/**
 * Operators alone know of schedules and key holders (below), users nothing of compute environments (security-callers.test.ts),
 * credentials are asked for by a token of the workspace, and tasks are a TES server's (test/tes/security.test.ts).
 */
const BY_OTHER_RULES = /^\/(v1\/(schedules|key-holders|compute-environments)|ga4gh|seqera)\/|\/aws-credentials$/;
/** What bob has: a workspace that runs, or storage that is being set up. */
const bobs = async ({ path }: Route) => {
  const rig = userStorageRig();
  if (path.startsWith('/v1/storage/')) await rig.begun('bob');
  else await rig.launched('bob');
  return rig;
};
/** What operators alone may know of, a thing of it that is there, and the rig in which it is. */
const OPERATORS: readonly (readonly [RegExp, string, () => Promise<Pick<ReturnType<typeof apiRig>, 'call'>>])[] = [
  [/^\/v1\/schedules\//, 'idle-disposal', async () => apiRig()],
  [
    /^\/v1\/key-holders\//,
    `${ENVIRONMENT}.bob`,
    async () => {
      const rig = keyRig({ removeHolder: async () => Promise.reject(fail('KeyInUse', 'tasks hold a key')) });
      const account = { accountId: OWN_ACCOUNT, region: 'us-east-1', roleArn: null, externalId: null };
      const named = {
        environment: ENVIRONMENT,
        hostname: 'localhost',
        userId: 'bob',
        role: 'user',
        bucket: 'b',
      } as const;
      const record = firstHolderRecord({ ...named, account }, new Date().toISOString());
      await rig.control.records(KEY_HOLDER_RECORDS).create(record);
      return rig;
    },
  ],
];
const forOperators = guarded.flatMap((route) =>
  OPERATORS.filter(([path]) => path.test(route.path)).map(([, id, open]) => ({ ...route, id, open })),
);
const perOwner = guarded.filter(({ path }) => path.includes('{id}') && !BY_OTHER_RULES.test(path));
/** Seqera's clients send more than the façade reads. */
const isStrict = ({ path }: Route): boolean => !path.startsWith('/seqera/');
/** Without a TES server its routes read no body. */
const withBody = guarded.filter(({ path, body }) => body && !path.startsWith('/ga4gh/'));

const COMPUTE = {
  name: 'genomes',
  platform: 'aws-batch',
  config: { region: 'us-east-1', workDir: 's3://scratch/dir', forge: { type: 'SPOT', maxCpus: 64 } },
};

/** A body that each route takes, so that what it answers is about the caller. */
const BODIES: Readonly<Record<string, unknown>> = {
  '/v1/workspaces': { user: 'bob', profile: 'nextflow' },
  '/v1/workspaces/plan': { user: 'bob', profile: 'nextflow' },
  '/v1/compute-environments': COMPUTE,
  '/v1/compute-environments/plan': COMPUTE,
  '/v1/compute-environments/{id}': { name: 'other' },
  '/v1/compute-environments/{id}/validate': {},
  '/v1/compute-environments/{id}/retry': {},
  '/v1/compute-environments/{id}/abandon-step': { step: 'efs', reason: 'because' },
  '/seqera/compute-envs': { computeEnv: COMPUTE },
  '/seqera/compute-envs/{id}': { name: 'other' },
  '/v1/workspaces/{id}/terminate': { mode: 'park' },
  '/v1/workspaces/{id}/rotate': {},
  '/v1/workspaces/{id}/retry': {},
  '/v1/schedules/{id}/pause': {},
  '/v1/schedules/{id}/resume': {},
  '/v1/sweeps': { apply: true },
  '/v1/workspaces/{id}/abandon-step': { step: 'network', reason: 'because' },
  '/hatchery/launch': { user: 'bob', nextflow: {} },
  '/hatchery/terminate': { user: 'bob' },
  '/storage/session': {},
  '/storage/session/revoke': {},
  '/v1/storage/{id}/retry': {},
  '/v1/storage/{id}/abandon-step': { step: 'bucket', reason: 'because' },
};

const pathOf = ({ path }: Route, id: string): string => path.replace('{id}', encodeURIComponent(id));

const send = (
  rig: Pick<ReturnType<typeof apiRig>, 'call'>,
  as: Caller | null,
  route: Route,
  id: string,
  headers = {},
) => rig.call(as, route.method, pathOf(route, id), route.body ? BODIES[route.path] : undefined, headers);

test('every route with an id is in a generic case, or has tests of its own', () => {
  expect(perOwner.map(({ path }) => path)).toEqual(expect.arrayContaining(['/v1/workspaces/{id}', '/v1/storage/{id}']));
  expect(forOperators.map(({ path }) => path)).toContain('/v1/key-holders/{id}');
  const named = guarded.filter(({ path }) => /^\/v1\/(schedules|key-holders)\/\{id\}/.test(path));
  expect(forOperators).toHaveLength(named.length);
});

test('every route with a body has one here', () => {
  expect(withBody.filter(({ path }) => BODIES[path] === undefined)).toEqual([]);
  expect(guarded.length).toBeGreaterThan(8);
});

describe.each(guarded)('$method $path', (route) => {
  test('needs a token', async () => {
    const rig = userStorageRig();
    await rig.launched('bob');
    const answer = await send(rig, null, route, idOf('bob'));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(answer.headers.get('content-type')).toBe(
      route.path.startsWith('/seqera/') ? 'application/json' : 'application/problem+json',
    );
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('is not taken in by a token that is none', async () => {
    const rig = userStorageRig();
    const answer = await send(rig, null, route, idOf('bob'), { authorization: 'Bearer abc.def.ghi' });
    expect(answer.status).toBe(401);
  });
});

describe.each(perOwner)('$method $path', (route) => {
  test('what is of somebody else is not there, word for word', async () => {
    const rig = await bobs(route);
    const foreign = await send(rig, 'alice', route, idOf('bob'));
    const missing = await send(rig, 'alice', route, idOf('nobody'));
    expect(foreign.status).toBe(404);
    const comparable = (text: string) => text.replaceAll(/"(instance|requestId)":"[^"]*"/g, '');
    expect(comparable(foreign.text)).toBe(comparable(missing.text));
    expect(rig.workflows.started).toHaveLength(1);
    expect(rig.workflows.terminateRequests).toEqual([]);

    // Control: it is there for its user, so it was the rights that hid it.
    // A stream of what is in progress has no end yet.
    if (route.path.endsWith('/events')) {
      const headers = { authorization: `Bearer ${TOKENS.bob}` };
      const stream = await rig.app.request(pathOf(route, idOf('bob')), { headers });
      await stream.body?.cancel();
      expect(stream.status).toBe(200);
    } else expect((await send(rig, 'bob', route, idOf('bob'))).status).not.toBe(404);
  });

  // Without any id, GET is the list: each route is there with a slash at its end, too.
  test.each(['localhost', 'elsewhere.bob', '.bob', 'localhost.', 'localhost.%2e%2e', 'a'.repeat(600)])(
    'an id that is none is 404 or 422, never 500: %j',
    async (id) => {
      const answer = await send(userStorageRig(), 'operator', route, id);
      expect([403, 404, 405, 422]).toContain(answer.status);
    },
  );
});

describe.each(forOperators)('$method $path', (route) => {
  const NOBODY = route.id.replace(/[a-z-]+$/, 'nobody');
  const ask = (rig: Pick<ReturnType<typeof apiRig>, 'call'>, as: Caller, id: string) =>
    rig.call(as, route.method, pathOf(route, id), route.body ? BODIES[route.path] : undefined);

  test.each(['alice', 'bob', 'hatchery'] as const)(
    'tells %s the same of what is there and of what is not',
    async (who) => {
      const rig = await route.open();
      const there = await ask(rig, who, route.id);
      const missing = await ask(rig, who, NOBODY);
      expect([403, 404]).toContain(there.status);
      const comparable = (text: string) => text.replaceAll(/"(instance|requestId)":"[^"]*"/g, '');
      expect([there.status, comparable(there.text)]).toEqual([missing.status, comparable(missing.text)]);

      // Control: an operator is told the difference, so it was the rights that hid it.
      expect([403, 404]).not.toContain((await ask(rig, 'operator', route.id)).status);
      expect((await ask(rig, 'operator', NOBODY)).status).toBe(404);
    },
  );

  test.each(['elsewhere.bob', '.bob', 'localhost.%2e%2e', 'a'.repeat(600), '%00', '..%2f..'])(
    'an id that is none is 404 or 422, never 500: %j',
    async (id) => {
      const rig = await route.open();
      const answer = await rig.call(
        'operator',
        route.method,
        route.path.replace('{id}', id),
        route.body ? {} : undefined,
      );
      expect([404, 422]).toContain(answer.status);
    },
  );
});

describe.each(withBody)('$method $path', (route) => {
  test('a body that is not JSON is 400', async () => {
    const answer = await userStorageRig().call('operator', route.method, pathOf(route, idOf('bob')), '{"mode":');
    expect(answer).toMatchObject({ status: 400, body: { code: 'Invalid', status: 400 } });
  });

  test('a body of another type is 415', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await userStorageRig().call(
      'operator',
      route.method,
      pathOf(route, idOf('bob')),
      'mode=park',
      headers,
    );
    expect(answer).toMatchObject({ status: 415, body: { code: 'Invalid', status: 415 } });
  });

  test('a body over 1 MiB is 413', async () => {
    const answer = await userStorageRig().call('operator', route.method, pathOf(route, idOf('bob')), {
      user: 'x'.repeat(1024 * 1024),
    });
    expect(answer).toMatchObject({ status: 413, body: { code: 'Invalid', status: 413 } });
    // The rest of the body is not read: a client that reused the connection would be cut off.
    expect(answer.headers.get('connection')).toBe('close');
  });
});

describe.each(withBody.filter(isStrict))('$method $path', (route) => {
  test('an unknown member is told by its pointer', async () => {
    const body = { ...(BODIES[route.path] as object), 'no/such': 1 };
    const answer = await userStorageRig().call('hatchery', route.method, pathOf(route, idOf('bob')), body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/no~1such' }] } });
  });
});

describe('rights', () => {
  const ROWS: readonly (readonly [Caller, string, string, unknown, number])[] = [
    ['alice', 'POST', '/v1/workspaces', { profile: 'nextflow' }, 202],
    ['alice', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' }, 202],
    ['alice', 'POST', '/v1/workspaces', { user: 'bob', profile: 'nextflow' }, 403],
    ['alice', 'POST', '/v1/workspaces', { nextflow: { 'instance-type': 'c5.large' } }, 403],
    [
      'alice',
      'POST',
      '/v1/workspaces',
      { profile: 'nextflow', payModel: { ecs: true, account_id: '999999999999' } },
      403,
    ],
    ['hatchery', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' }, 202],
    ['hatchery', 'POST', '/v1/workspaces', { profile: 'nextflow' }, 422],
    ['operator', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' }, 202],
    ['operator', 'POST', '/v1/workspaces', { profile: 'nextflow' }, 422],
    ['alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'dispose' }, 202],
    ['operator', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'dispose' }, 202],
    ['alice', 'POST', `/v1/workspaces/${idOf('alice')}/retry`, {}, 403],
    ['hatchery', 'POST', `/v1/workspaces/${idOf('alice')}/retry`, {}, 403],
    ['operator', 'POST', `/v1/workspaces/${idOf('alice')}/retry`, {}, 409],
    ['alice', 'POST', `/v1/workspaces/${idOf('alice')}/abandon-step`, { step: 'network', reason: 'r' }, 403],
    ['operator', 'POST', `/v1/workspaces/${idOf('alice')}/abandon-step`, { step: 'network', reason: 'r' }, 409],
    ['alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, 200],
    ['hatchery', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, 200],
    ['operator', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, 403],
    ['operator', 'GET', `/v1/workspaces/${idOf('alice')}`, undefined, 200],
    ['hatchery', 'GET', `/v1/workspaces/${idOf('alice')}`, undefined, 200],
    ['alice', 'POST', '/hatchery/launch', { user: 'alice', nextflow: {} }, 403],
    ['operator', 'POST', '/hatchery/launch', { user: 'alice', nextflow: {} }, 403],
    ['alice', 'POST', '/hatchery/terminate', { user: 'alice' }, 202],
    ['alice', 'POST', '/hatchery/terminate', { user: 'bob' }, 403],
    ['alice', 'GET', '/hatchery/nextflow-config?user=alice', undefined, 200],
    ['alice', 'GET', '/hatchery/nextflow-config?user=bob', undefined, 403],
  ];

  test.each(ROWS)('%s: %s %s %j is %i', async (as, method, path, body, status) => {
    const rig = apiRig();
    await rig.launched('alice');
    expect(await rig.call(as, method, path, body)).toMatchObject({ status });
  });

  test('an operator never gets a secret, whatever else the token says', async () => {
    const rig = apiRig();
    await rig.launched('olga');
    const answer = await rig.call('operator', 'POST', `/v1/workspaces/${idOf('olga')}/credentials`);
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('secret-of');
  });
});

describe('two users whose names escape to the same', () => {
  /** `A` and `b` read as -41 and b; Cyrillic Л, U+041B, reads as -41b too. */
  const OTHER = '\u041b';

  test('the second is a conflict, and sees nothing of the first', async () => {
    const rig = apiRig();
    await rig.launched('Ab');
    const answer = await rig.call('hatchery', 'POST', '/v1/workspaces', { user: OTHER, profile: 'nextflow' });
    expect(idOf(OTHER)).toBe(idOf('Ab'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'Conflict', operation: null } });
    expect(answer.text).not.toContain('"Ab"');
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('also before the first has a record', async () => {
    const rig = apiRig();
    await rig.call('hatchery', 'POST', '/v1/workspaces', { user: 'Ab', profile: 'nextflow' });
    const answer = await rig.call('hatchery', 'POST', '/v1/workspaces', { user: OTHER, profile: 'nextflow' });
    expect(answer.status).toBe(409);
  });

  test('a run that began for the second all the same is not shown to the first', async () => {
    const rig = apiRig();
    await rig.launched('Ab');
    const [first] = rig.workflows.started;
    if (!first || !('launchId' in first.input)) throw new Error('no launch');
    const workspace = { ...first.input.workspace, user: OTHER };
    await rig.workflows.start(launchOf({ ...first.input, workspace }, { ...first.run.memo, user: OTHER }));
    const answer = await rig.call('operator', 'GET', `/v1/workspaces/${idOf('Ab')}`);
    expect(answer).toMatchObject({ status: 200, body: { user: 'Ab', phase: 'running', operation: null } });
  });

  test('nothing is terminated or told in the name of the second', async () => {
    const rig = apiRig();
    await rig.launched('Ab');
    expect((await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: OTHER })).status).toBe(204);
    const config = await rig.call('hatchery', 'GET', `/hatchery/nextflow-config?user=${encodeURIComponent(OTHER)}`);
    expect(config.status).toBe(404);
    expect(rig.workflows.started).toHaveLength(1);

    // Control: the first can be terminated in the same way.
    expect((await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'Ab' })).status).toBe(202);
  });
});

test('no secret, token or body reaches the log', async () => {
  const rig = apiRig();
  await rig.launched('alice');
  const { text } = await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, {
    'idempotency-key': 'my-idempotency-key',
  });
  const { secretAccessKey } = JSON.parse(text) as { secretAccessKey: string };
  const log = rig.lines.join('');
  expect(log).toContain('request answered');
  expect(log).not.toContain(secretAccessKey);
  expect(log).not.toContain('eyJ');
  expect(log).not.toContain('my-idempotency-key');
});

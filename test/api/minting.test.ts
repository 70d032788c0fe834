/** Whatever door hands out a session says so in one line: who, which, what it may do, until when. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { type DoorRig, startDoors } from './door-rig.ts';
import { doorsOf } from './knock.ts';
import { tokenOf } from './tokens.ts';

let rig: DoorRig;
afterEach(async () => {
  await rig?.stop();
});

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}
const identityLines = (): Line[] =>
  rig.lines.map((text) => JSON.parse(text) as Line).filter(({ msg }) => /^sessions? /.test(msg));

const asAlice = async (method: string, path: string, body?: unknown, token = tokenOf('user')) =>
  fetch(`${rig.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test.each(['info', 'error'])(
  'at every door that mints, exactly one line for each session (log level %s)',
  async (logLevel) => {
    rig = await startDoors({ logLevel });
    const minting = new Set<string>();
    for (const { name, bearer, knock } of await doorsOf(rig)) {
      rig.lines.length = 0;
      const token = await tokenOf(bearer);
      const { text } = await knock(token);
      const sessions = [...new Set(text.match(/GWS1[A-Z2-7]{25}/g) ?? [])];
      const lines = identityLines().filter(({ msg }) => msg === 'session minted');
      expect({ name, sessions: lines.map(({ session }) => session) }).toEqual({ name, sessions });
      if (sessions.length === 0) continue;
      minting.add(name);
      const [line] = lines;
      expect(line).toEqual({
        level: 'info',
        name: 'test',
        service: 'test',
        time: expect.any(String),
        msg: 'session minted',
        door: expect.stringMatching(/^\/(storage\/session|aws\/(credentials|sts))$/),
        requestId: expect.stringMatching(/./),
        user: 'alice',
        ...(bearer === 'client' && { client: 'tes' }),
        session: sessions[0],
        rights: ['read', 'create', 'delete'],
        prefix: '',
        expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        tokenHash: expect.stringMatching(/^[\w-]{16}$/),
      });
      expect(text).toContain(String(line?.expiresAt).slice(0, 19));
      // What is handed out is in the answer, so it can be looked for in the log, with the token that opened the door.
      const secrets = [...token.split('.'), ...(text.match(/[\w+/=-]{40,}/g) ?? [])];
      expect(secrets.length).toBeGreaterThan(4);
      for (const secret of secrets) expect(rig.lines.join('\n')).not.toContain(secret);
    }
    expect([...minting].sort()).toEqual([
      'GET /aws/credentials',
      'GET /aws/credentials for a user',
      'POST /storage/session',
      'POST /storage/session for a user',
      'STS',
      'STS for a user',
    ]);
  },
);

test('nothing is minted and nothing told where the request is refused', async () => {
  rig = await startDoors();
  for (const body of [{ prefix: '../x' }, { ttlSeconds: 0 }, { admin: true }])
    expect((await asAlice('POST', '/storage/session', body)).status).toBe(422);
  expect(identityLines()).toEqual([]);
});

test('a good token whose user can have no bucket is told which claim says so: 403, not 401', async () => {
  rig = await startDoors();
  const token = tokenOf('user', { claims: { sub: 'Alice Doe' } });
  for (const [method, path] of [
    ['POST', '/storage/session'],
    ['GET', '/storage/setup'],
    ['GET', '/storage/info'],
  ] as const) {
    const answer = await asAlice(method, path, undefined, token);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'Denied',
      detail: expect.stringMatching(/the user id "Alice Doe" of the token \(claim sub\).*bucket/),
    });
  }
});

test('a narrowed session is told as it is, to the log and to who asked', async () => {
  rig = await startDoors();
  const answer = await (
    await asAlice('POST', '/storage/session', { readOnly: true, prefix: 'task1', ttlSeconds: 60 })
  ).json();
  expect(answer).toMatchObject({ rights: ['read'], prefix: 'task1' });
  expect(identityLines()).toMatchObject([{ rights: ['read'], prefix: 'task1', door: '/storage/session' }]);
});

test.each([
  ['task1', 1],
  ['runs/7', 1],
  ['task1/', 0],
  ['', 0],
  [undefined, 0],
])('of the prefix %j, what else it covers is told (%i warnings)', async (prefix, count) => {
  rig = await startDoors();
  const { warnings } = (await (await asAlice('POST', '/storage/session', { prefix })).json()) as {
    warnings: string[];
  };
  expect(warnings).toHaveLength(count);
  if (count > 0) expect(warnings[0]).toContain(`${prefix}0/`);
});

describe('a revocation names its target, and who wanted it', () => {
  test('the own sessions', async () => {
    rig = await startDoors();
    expect((await asAlice('POST', '/storage/session/revoke')).status).toBe(204);
    expect(identityLines()).toMatchObject([
      { msg: 'sessions revoked', user: 'alice', by: 'user:alice', door: '/storage/session/revoke' },
    ]);
  });

  test('those of a user by a client that acts for them', async () => {
    rig = await startDoors();
    const bearer = `${await tokenOf('client')};userId=alice`;
    expect((await asAlice('POST', '/storage/session/revoke', undefined, Promise.resolve(bearer))).status).toBe(204);
    expect(identityLines()).toMatchObject([{ msg: 'sessions revoked', user: 'alice', by: 'client:tes' }]);
  });

  test('those of another by an operator; others can’t, and nothing is told', async () => {
    rig = await startDoors();
    const operator = tokenOf('user', {
      claims: { sub: 'olga', context: undefined, scope: 'openid user eyrie:operator' },
    });
    expect((await asAlice('POST', '/storage/session/revoke', { user: 'bob' })).status).toBe(403);
    expect(identityLines()).toEqual([]);
    expect((await asAlice('POST', '/storage/session/revoke', { user: 'bob' }, operator)).status).toBe(204);
    expect(identityLines()).toMatchObject([{ msg: 'sessions revoked', user: 'bob', by: 'operator:olga' }]);
  });
});

test.each([
  [0, 300],
  [600, 900],
])('with s3.outliveTokenSeconds %i a session of a token of five minutes lasts %i seconds', async (outlive, lasts) => {
  rig = await startDoors({ s3: { outliveTokenSeconds: outlive } });
  const began = Math.floor(Date.now() / 1000);
  const token = tokenOf('user', { claims: { exp: began + 300 } });
  const { expiration } = (await (await asAlice('POST', '/storage/session', { ttlSeconds: 3600 }, token)).json()) as {
    expiration: string;
  };
  expect(Date.parse(expiration) / 1000).toBe(began + lasts);
});

describe('GET /storage/setup asks Arborist', () => {
  const asked: unknown[] = [];
  const arboristOf = async (answer: (method: string) => boolean | undefined): Promise<string> => {
    asked.length = 0;
    const server = createServer(async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      const [request] = (JSON.parse(body) as { requests: { resource: string; action: { method: string } }[] }).requests;
      asked.push([request?.action.method, request?.resource]);
      const auth = answer(request?.action.method ?? '');
      res.writeHead(auth === undefined ? 503 : 200).end(JSON.stringify({ auth }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test.each([
    ['a yes', (method: string) => method === 'create', 200],
    ['a no', (method: string) => method !== 'create', 403],
    ['no answer', () => undefined, 503],
  ])('%s', async (_name, answer, status) => {
    rig = await startDoors({ s3: { arboristUrl: await arboristOf(answer) } });
    expect((await asAlice('GET', '/storage/setup')).status).toBe(status);
    // Of tasks: the right to their own storage is what users get by this call.
    expect(asked).toEqual([['create', '/services/workflow/gen3-workflow/tasks']]);
    expect(rig.upstream.seen.length > 0).toBe(status === 200);
  });
});

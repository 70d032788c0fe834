import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Arborist, createArborist, createDecisions } from '#s3/identity/arborist.ts';
import type { Principal } from '#s3/identity/principal.ts';

const QUESTION = { token: 'a.b.c', method: 'read', resource: '/services/workflow/gen3-workflow/storage/42' } as const;

const principal: Principal = {
  userId: '42',
  clientId: undefined,
  kind: 'token',
  bucket: 'bucket',
  rights: ['read', 'create', 'delete'],
  prefix: '',
  expiresAt: Number.MAX_SAFE_INTEGER,
  sessionId: undefined,
  cacheKey: 'key',
};

const policyEngine = async (answer: (req: IncomingMessage, res: ServerResponse, body: string) => void) => {
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    answer(req, res, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('asks /auth/request with the token, one resource and one method', async () => {
  const asked: unknown[] = [];
  const url = await policyEngine((req, res, body) => {
    asked.push(req.method, req.url, req.headers['x-authz-provider'], JSON.parse(body));
    res.end('{"auth":true}');
  });
  expect(await createArborist(`${url}/`).isAllowed(QUESTION)).toBe(true);
  expect(asked).toEqual([
    'POST',
    '/auth/request',
    'gen3-workflow',
    {
      user: { token: 'a.b.c' },
      requests: [{ resource: QUESTION.resource, action: { service: 'gen3-workflow', method: 'read' } }],
    },
  ]);
});

test.each([
  [200, '{"auth":false}'],
  [200, '{"auth":"true"}'],
  [200, '{}'],
  [302, ''],
  [400, '{"error":{}}'],
  [401, ''],
  [403, '{"auth":true}'],
])('a %i with %s is a no', async (status, body) => {
  const url = await policyEngine((_req, res) => res.writeHead(status).end(body));
  expect(await createArborist(url).isAllowed(QUESTION)).toBe(false);
});

describe('A19 no answer is an outage, which is neither a yes nor a remembered no', () => {
  const outages: Record<string, (req: IncomingMessage, res: ServerResponse) => void> = {
    'an error of its own': (_req, res) => res.writeHead(503).end(),
    'too many questions': (_req, res) => res.writeHead(429).end(),
    'no JSON': (_req, res) => res.end('<html>'),
    null: (_req, res) => res.end('null'),
    'half an answer': (_req, res) =>
      res.writeHead(200, { 'content-length': '14' }).write('{"auth', () => res.destroy()),
    'a cut connection': (req) => req.socket.destroy(),
    silence: () => {},
  };
  test.each(Object.keys(outages))('%s', async (outage) => {
    let isDown = true;
    const url = await policyEngine((req, res) => (isDown ? outages[outage]?.(req, res) : res.end('{"auth":true}')));
    const decisions = createDecisions(createArborist(url, { timeoutMs: 200 }), Date.now);
    await expect(decisions.check(principal, 'read', 'a.b.c')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    isDown = false;
    await decisions.check(principal, 'read', 'a.b.c');
  });

  test('nobody listens', async () => {
    const decisions = createDecisions(createArborist('http://127.0.0.1:1'), Date.now);
    await expect(decisions.check(principal, 'read', 'a.b.c')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });
});

test('many who ask the same at once are one question', async () => {
  const answers: ((allowed: boolean) => void)[] = [];
  const arborist: Arborist = { isAllowed: () => new Promise((resolve) => answers.push(resolve)) };
  const decisions = createDecisions(arborist, Date.now);
  const asked = Array.from({ length: 5 }, () => decisions.check(principal, 'read', 'a.b.c'));
  const other = decisions.check(principal, 'delete', 'a.b.c');
  expect(answers).toHaveLength(2);
  answers[0]?.(true);
  await Promise.all(asked);
  answers[1]?.(false);
  await expect(other).rejects.toMatchObject({ code: 'AccessDenied' });
});

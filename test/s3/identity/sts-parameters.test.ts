/** Every parameter that any action of STS has, by AWS's own model: taken as it is meant, or refused; never passed over. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sts from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStsHandler } from '#s3/auth/sts.ts';
import { createRequestIds } from '#s3/core.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createIdentities } from '#s3/identity/identities.ts';
import { createSessionMint } from '#s3/identity/mint.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { token, verifyToken } from '../support/tokens.ts';

const minted: unknown[] = [];
let server: Server;
let endpoint: string;
beforeAll(async () => {
  const sessionKeys = createSessionKeys([{ version: 0, secret: Buffer.alloc(32, 7) }]);
  const epochs = createEpochs(memoryEpochStore(), Date.now);
  const identities = createIdentities({ verifyToken, hostname: 'localhost', delegates: [], sessionKeys, epochs });
  const mint = createSessionMint({
    keys: sessionKeys,
    epochs,
    tokens: identities.tokens,
    audit: (line) => void minted.push(line),
    now: Date.now,
  });
  const handler = createStsHandler({
    mint,
    sessions: identities.sessions,
    now: Date.now,
    nextRequestId: createRequestIds(),
  });
  server = createServer((req, res) => handler.handle(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws/sts`;
});
afterAll(() => {
  server?.close();
  server?.closeAllConnections();
});

/** Of an AWS SDK's schema: kind, namespace, name, traits, members. */
const membersOf = (schema: unknown): string[] =>
  Array.isArray(schema) && schema[0] === 3 ? (schema[4] as string[]) : [];
const MODELLED = [
  ...new Set(
    Object.entries(sts)
      .filter(([name]) => /Request\$$/.test(name))
      .flatMap(([, schema]) => membersOf(schema)),
  ),
];

const TAKEN = ['RoleArn', 'RoleSessionName', 'WebIdentityToken', 'DurationSeconds', 'MinimumSessionTokenSize'];

const call = async (more: readonly (readonly [string, string])[], { query = '', action = '' } = {}) => {
  minted.length = 0;
  const form = new URLSearchParams([
    ['Action', action || 'AssumeRoleWithWebIdentity'],
    ['Version', '2011-06-15'],
    ['RoleSessionName', 'run'],
    ['WebIdentityToken', await token({ sub: 'alice' })],
    ...more.map(([name, value]): [string, string] => [name, value]),
  ]);
  const answer = await fetch(endpoint + query, { method: 'POST', body: form });
  return { status: answer.status, text: await answer.text() };
};

const expectRefused = ({ status, text }: { status: number; text: string }, code: string): void => {
  expect([status, /<Code>(\w+)</.exec(text)?.[1], minted]).toEqual([400, code, []]);
};

test('the model has what narrows a session', () => {
  expect(MODELLED).toEqual(
    expect.arrayContaining(['Policy', 'PolicyArns', 'Tags', 'TransitiveTagKeys', 'SerialNumber']),
  );
});

describe.each(MODELLED.filter((name) => !TAKEN.includes(name)))('%s', (name) => {
  test.each(['', '.member.1', '.member.1.arn', '.member.1.Key'])(
    'with %j behind it is refused, and nothing is minted',
    async (rest) => {
      expectRefused(await call([[name + rest, 'x']]), 'ValidationError');
      if (name + rest !== 'PolicyArns') expectRefused(await call([[name + rest, '']]), 'ValidationError');
      expectRefused(await call([], { query: `?${name}${rest}=x` }), 'ValidationError');
    },
  );
});

test.each(['policy', 'Policies', 'Polic', 'x', '', 'DurationSecond', 'Policy '])(
  'the unknown parameter %j is refused',
  async (name) => {
    expectRefused(await call([[name, 'x']]), 'ValidationError');
  },
);

test('a policy is refused with what to do instead', async () => {
  const { text } = await call([['Policy', '{"Version":"2012-10-17","Statement":[]}']]);
  expect(text).toContain('POST /storage/session');
});

test.each([
  ['the same twice', [['DurationSeconds', '900']] as const, '?DurationSeconds=43200', 'ValidationError'],
  ['a broken query beside a whole body', [], '?Policy=%zz', 'MalformedQueryString'],
  ['a broken query', [], '?%', 'MalformedQueryString'],
])('%s is refused', async (_name, more, query, code) => {
  expectRefused(await call(more, { query }), code);
});

test.each([
  ['another version', { Action: 'AssumeRoleWithWebIdentity', Version: '2010-01-01' }],
  ['another action', { Action: 'AssumeRole' }],
  ['an action of objects', { Action: 'constructor' }],
  ['no action', {}],
])('%s is refused', async (_name, form) => {
  const answer = await fetch(endpoint, { method: 'POST', body: new URLSearchParams(form) });
  expectRefused({ status: answer.status, text: await answer.text() }, 'InvalidAction');
});

test.each([
  [[]],
  [[['RoleArn', 'arn:aws:iam::000000000000:role/eyrie']]],
  [[['DurationSeconds', '900']]],
  [[['MinimumSessionTokenSize', '2000']]],
  [[['PolicyArns', '']]],
  [[['WebIdentityAccessToken', 'x']]],
] as [string, string][][][])('control: %j mints', async (more) => {
  expect((await call(more)).status).toBe(200);
  expect(minted).toHaveLength(1);
});

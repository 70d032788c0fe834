import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createAskArborist } from '#api/workspaces/container-access.ts';
import type { AuthzRule, ContainerAuthz } from '#config/container-authz.ts';
import { apiRig, TOKENS } from './rig.ts';

const LAUNCH = ['POST', '/v1/workspaces', { profile: 'nextflow' }] as const;

const paths = fc.subarray(['/a', '/b', '/c'], { minLength: 1 });
const rule: fc.Arbitrary<AuthzRule> = fc.oneof(
  paths.map((resource_paths) => ({ resource_paths })),
  fc.constant<AuthzRule>({ pay_models: ['Direct Pay'] }),
);
const rules = fc.array(rule, { minLength: 1, maxLength: 3 });
const authz: fc.Arbitrary<ContainerAuthz> = fc.oneof(
  rule.map((only) => ({ version: 0.1 as const, ...only })),
  rules.map((or) => ({ version: 0.1 as const, or })),
  rules.map((and) => ({ version: 0.1 as const, and })),
);

/** By the words of Hatchery's documentation; nobody's pay model is known here. */
const mayLaunch = ({ or, and, ...only }: ContainerAuthz, granted: readonly string[]): boolean => {
  const meets = ({ resource_paths }: AuthzRule) => resource_paths?.every((path) => granted.includes(path)) === true;
  if (or) return or.some(meets);
  return and ? and.every(meets) : meets(only);
};

test('whatever the rules and the rights: who may launch a container launches it, and nobody else', async () => {
  await fc.assert(
    fc.asyncProperty(authz, fc.subarray(['/a', '/b', '/c']), async (given, granted) => {
      const rig = apiRig({
        authz: { nextflow: given },
        ask: async (token, resources) => token === TOKENS.alice && resources.every((path) => granted.includes(path)),
      });
      const expected = mayLaunch(given, granted) ? 202 : 403;
      expect((await rig.call('alice', ...LAUNCH)).status).toBe(expected);
      expect(rig.workflows.started).toHaveLength(expected === 202 ? 1 : 0);
      // Nobody else has the rights of Alice.
      expect((await rig.call('bob', ...LAUNCH)).status).toBe(403);
      // Another profile has no rules.
      expect((await rig.call('bob', 'POST', '/v1/workspaces', { profile: 'other' })).status).toBe(202);
    }),
    { numRuns: 50 },
  );
});

test('without an Arborist a rule that needs one refuses, and says what is missing', async () => {
  const rig = apiRig({ authz: { nextflow: { version: 0.1, resource_paths: ['/workspace/abc'] } } });
  expect(await rig.call('alice', ...LAUNCH)).toMatchObject({
    status: 403,
    body: { code: 'Denied', detail: expect.stringContaining('s3.arboristUrl') },
  });
});

test('a rule about pay models sends a user to Hatchery', async () => {
  const rig = apiRig({ authz: { nextflow: { version: 0.1, pay_models: ['None'] } } });
  expect(await rig.call('alice', ...LAUNCH)).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('only Hatchery knows') },
  });
});

test('a service client and an operator, who may send any block, are not asked', async () => {
  for (const caller of ['hatchery', 'operator'] as const) {
    const rig = apiRig({ authz: { nextflow: { version: 0.1, pay_models: ['None'] } } });
    const body = { user: 'carol', profile: 'nextflow' };
    expect((await rig.call(caller, 'POST', '/v1/workspaces', body)).status).toBe(202);
  }
});

test('a block that says itself that it is switched off is not launched', async () => {
  const rig = apiRig();
  const off = { enabled: false, 'instance-type': 'c5.large' };
  for (const [path, body] of [
    ['/v1/workspaces', { user: 'alice', nextflow: off }],
    ['/hatchery/launch', { user: 'alice', nextflow: off }],
  ] as const) {
    expect(await rig.call('hatchery', 'POST', path, body)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/nextflow/enabled' }] },
    });
  }
});

test.each([
  [200, { auth: true }, true],
  [200, { auth: false }, false],
  [200, { auth: 'true' }, false],
  [200, {}, false],
  [400, { auth: true }, false],
  [403, {}, false],
  [503, {}, 'Unavailable'],
  [429, {}, 'Unavailable'],
] as const)('Arborist answers %i %j: %s', async (status, body, expected) => {
  let asked: unknown;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      asked = { url: request.url, ...(JSON.parse(text) as object) };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const ask = createAskArborist(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const answer = await ask('a-token', ['/a', '/b']).catch((error: { code: string }) => error.code);
  expect(answer).toBe(expected);
  const action = { service: 'jupyterhub', method: 'launch' };
  expect(asked).toEqual({
    url: '/auth/request',
    user: { token: 'a-token' },
    requests: [
      { resource: '/a', action },
      { resource: '/b', action },
    ],
  });
});

import { describe, expect, test } from 'vitest';
import { createSessions } from '#api/workspaces/sessions.ts';
import { fail } from '#domain/core/failures.ts';
import type { CredentialForm } from '#domain/workspace/credentials.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { A_BLOCK, apiRig, ENVIRONMENT, idOf, TOKENS } from './rig.ts';

const PATH = `/v1/workspaces/${idOf('alice')}/aws-credentials`;
const END = new Date('2026-01-01T01:00:00.500Z');

/** A workspace that runs, in this form; what STS was asked for. */
const running = async (form: Exclude<CredentialForm, 'key'> = 'refreshing') => {
  const asked: Record<string, unknown>[] = [];
  const state = { down: false };
  const rig = apiRig({
    credentials: { form, enteredBy: 'arn:aws:iam::111122223333:role/api' },
    sessions: (control) =>
      createSessions({
        sts: (account) => ({
          send: (async ({ input }: { input: Record<string, unknown> }) => {
            if (state.down) throw fail('Throttled', 'slow down');
            asked.push({ ...input, account });
            const nth = String(asked.length);
            const Credentials = {
              ...{ AccessKeyId: `ASIA${nth}`, SecretAccessKey: `secret-${nth}`, SessionToken: `session-${nth}` },
              Expiration: END,
            };
            return { Credentials };
          }) as never,
        }),
        tokens: control.tokens,
        read: async ({ name }) => (name === 'alice' ? (await rig.recordOf('alice')).workspace : undefined),
        seconds: 3600,
        now: Date.now,
      }),
  });
  const subject = workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' });
  const token = await rig.control.tokens.ensure(subject, 'token-1');
  await rig.launched('alice', { token, ...(form === 'refreshing' && { key: null }) });
  const claim = async (headers: Record<string, string> = {}) =>
    rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, headers);
  const ask = (authorization?: string, path = PATH) =>
    rig.call(null, 'GET', path, undefined, authorization === undefined ? {} : { authorization });
  return { rig, subject, asked, state, claim, ask };
};

const tokenIn = ({ body }: { readonly body: unknown }): string =>
  (body as { environment?: Record<string, string> }).environment?.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '';

describe('the claim', () => {
  test('hands out the variables for the pod instead of a key, once', async () => {
    const { rig, claim } = await running();
    const shown = await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`);
    expect(shown.body).toMatchObject({ credential: { state: 'claimable', accessKeyId: null } });
    const answer = await claim();
    expect(answer).toMatchObject({ status: 200, body: { region: 'us-east-1' } });
    expect(answer.body).toEqual({
      region: 'us-east-1',
      environment: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `https://eyrie.example.org${PATH}`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
      },
    });
    expect((await claim()).status).toBe(410);
    const after = await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`);
    expect(after.body).toMatchObject({ credential: { state: 'claimed' } });
    expect(after.text).not.toContain(tokenIn(answer));
  });

  test('hands out both where both are given, and repeats both', async () => {
    const { claim } = await running('both');
    const answer = await claim({ 'idempotency-key': 'one' });
    expect(answer.body).toMatchObject({
      accessKeyId: expect.stringContaining('AKIA'),
      secretAccessKey: expect.stringContaining('secret-of'),
      environment: { AWS_CONTAINER_AUTHORIZATION_TOKEN: expect.any(String) },
    });
    expect((await claim({ 'idempotency-key': 'one' })).body).toEqual(answer.body);
    expect((await claim({ 'idempotency-key': 'two' })).status).toBe(410);
  });

  test('leaves nothing in the bucket by which the token could be used', async () => {
    const { rig, claim } = await running();
    const token = tokenIn(await claim());
    expect(rig.s3.keys().filter((key) => key.startsWith('seals/'))).toEqual([]);
    expect(rig.s3.bodies().filter((body) => body.includes(token))).toEqual([]);
    expect(rig.s3.keys().filter((key) => key.includes(token))).toEqual([]);
    expect(rig.lines.join()).not.toContain(token);
  });
});

describe('a session', () => {
  test('is given for the token, with `Bearer` or without, in the form of container credentials', async () => {
    const { asked, claim, ask } = await running();
    const token = tokenIn(await claim());
    for (const authorization of [token, `Bearer ${token}`]) {
      const answer = await ask(authorization);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        ...{ AccessKeyId: 'ASIA1', SecretAccessKey: 'secret-1', Token: 'session-1' },
        Expiration: '2026-01-01T01:00:00Z',
      });
    }
    // Processes that ask at once share one.
    expect(asked).toEqual([
      {
        RoleArn: 'arn:aws:iam::111122223333:role/localhost-nf-client-alice',
        RoleSessionName: 'localhost.alice',
        DurationSeconds: 3600,
        // By the API's own credentials.
        account: expect.objectContaining({ roleArn: null }),
      },
    ]);
  });

  test.each([
    ['without a token', undefined],
    ['for a wrong one', 'x'.repeat(43)],
    ['for one that is far too long', 'x'.repeat(10_000)],
    ['for a token of the issuer', `Bearer ${TOKENS.alice}`],
    ['for an operator’s', `Bearer ${TOKENS.operator}`],
  ])('is refused %s, in words that SDKs show', async (_what, authorization) => {
    const { asked, ask } = await running();
    const answer = await ask(authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({ code: 'Denied', message: expect.any(String), Message: expect.any(String) });
    expect(asked).toEqual([]);
  });

  test('is refused for another workspace, as for one that is not there', async () => {
    const { claim, ask } = await running();
    const token = tokenIn(await claim());
    for (const id of [idOf('bob'), 'elsewhere.alice', 'nonsense']) {
      expect((await ask(token, `/v1/workspaces/${id}/aws-credentials`)).status).toBe(401);
    }
  });

  test('is refused once the token was taken back, while others still count', async () => {
    const { rig, subject, claim, ask } = await running();
    const token = tokenIn(await claim());
    await rig.control.tokens.ensure(subject, 'token-2');
    await rig.control.tokens.revoke(subject, 'token-2');
    expect((await ask(token)).status).toBe(200);
    await rig.control.tokens.revokeAll(subject);
    expect((await ask(token)).status).toBe(401);
    expect(rig.s3.keys().filter((key) => /^(tokens|seals|claims)\//.test(key))).toEqual([]);
  });

  test('that STS does not give is to be asked for again', async () => {
    const { state, claim, ask } = await running();
    const token = tokenIn(await claim());
    state.down = true;
    const answer = await ask(token);
    expect(answer).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('5');
    state.down = false;
    expect((await ask(token)).status).toBe(200);
  });

  test('is no way into the rest of the API', async () => {
    const { rig, claim } = await running();
    const token = tokenIn(await claim());
    const answer = await rig.call(null, 'GET', `/v1/workspaces/${idOf('alice')}`, undefined, {
      authorization: `Bearer ${token}`,
    });
    expect(answer.status).toBe(401);
  });
});

test('Hatchery’s launch answers with what goes into the pod', async () => {
  const rig = apiRig({ credentials: { form: 'refreshing', enteredBy: 'arn:aws:iam::111122223333:role/api' } });
  const body = { user: 'alice', nextflow: { enabled: true, ...A_BLOCK } };
  expect((await rig.call('hatchery', 'POST', '/hatchery/launch', body)).status).toBe(202);
  const subject = workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' });
  await rig.finish('alice', { key: null, token: await rig.control.tokens.ensure(subject, 'token-1') });
  const answer = await rig.call('hatchery', 'POST', '/hatchery/launch', body);
  expect(answer).toMatchObject({ status: 200 });
  expect(Object.keys(answer.body as object)).toEqual(['environment']);
});

test('a workspace without a key has none to rotate', async () => {
  const { rig, claim } = await running();
  await claim();
  const answer = await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/rotate`);
  expect(answer).toMatchObject({ status: 409, body: { code: 'NotReady' } });
});

import { describe, expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import type { CreateKey, DeleteKey } from '#domain/keys/input.ts';
import { type Answers, keyRig, LIFE_MS } from './key-rig.ts';
import { ENVIRONMENT, TOKENS } from './rig.ts';

const PATH = '/storage/credentials';

/** A workflow that makes a key for each request, and knows the requests that it has seen. */
const making = (): Answers => {
  const made = new Map<string, string>();
  return {
    createKey: async ({ request }: CreateKey, { subject }, control) => {
      const known = made.get(request);
      if (known) return { accessKeyId: known };
      const accessKeyId = `AKIA${made.size + 1}`;
      made.set(request, accessKeyId);
      await control.seals.put(subject, { accessKeyId, secretAccessKey: `secret-of-${accessKeyId}` }, request);
      return { accessKeyId };
    },
  };
};

test('a token without a user name is told so, and nothing is made or asked for it', async () => {
  const rig = keyRig(making(), { nameless: TOKENS.bob });
  for (const [method, path] of [
    ['GET', PATH],
    ['POST', PATH],
    ['DELETE', `${PATH}/AKIAX`],
  ] as const) {
    const detail = expect.stringContaining('no user name (context.user.name)');
    expect(await rig.call('bob', method, path)).toMatchObject({ status: 401, body: { detail } });
  }
  expect(rig.asked).toEqual([]);
});

describe('POST /storage/credentials', () => {
  test('shows the secret once, and keeps nothing of it', async () => {
    const rig = keyRig(making());
    const answer = await rig.call('alice', 'POST', PATH);
    expect(answer).toMatchObject({ status: 201, body: { aws_key_id: 'AKIA1', aws_key_secret: 'secret-of-AKIA1' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(rig.s3.keys().filter((key) => key.startsWith('seals/'))).toEqual([]);
    expect(rig.lines.join('\n')).not.toContain('secret-of');
    expect(JSON.stringify(rig.asked)).not.toContain('secret-of');
    expect(rig.asked).toMatchObject([
      {
        subject: { kind: 'key-holder', environment: ENVIRONMENT, name: 'alice' },
        workflowType: 'keyHolder',
        input: { holder: { userId: 'alice', role: 'user', bucket: 'gen3wf-localhost-alice' } },
      },
    ]);
  });

  test('with an Idempotency-Key the same caller gets the same key again, another one another', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const rig = keyRig(making(), { now: () => now });
    const post = (as: 'alice' | 'bob') => rig.call(as, 'POST', PATH, undefined, { 'idempotency-key': 'again' });
    const first = await post('alice');
    expect((await post('alice')).body).toEqual(first.body);
    expect((await post('bob')).body).not.toEqual(first.body);
    now += 11 * 60_000;
    expect(await post('alice')).toMatchObject({ status: 410, body: { code: 'AlreadyClaimed' } });
  });

  test('at the limit of live keys it is 400, with what to do', async () => {
    const rig = keyRig({
      createKey: async () => {
        throw fail('QuotaExceeded', 'the user has 2 keys already: delete one first');
      },
    });
    const answer = await rig.call('alice', 'POST', PATH);
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('delete one first') } });
  });

  test('a key that another call has got is not handed out twice: another one is made', async () => {
    const answers = making();
    const rig = keyRig(answers);
    const first = await rig.call('alice', 'POST', PATH);
    // The workflow names the same key once more, as one that was lying about.
    let calls = 0;
    const stale = keyRig({
      createKey: async (arg: CreateKey, question, control) => {
        calls += 1;
        if (calls > 1) return await answers.createKey?.(arg as never, question, control);
        await control.claims.claim(question.subject, 'AKIA1', { caller: 'somebody', idempotencyKey: null });
        return { accessKeyId: 'AKIA1' };
      },
    });
    expect(first.status).toBe(201);
    expect(await stale.call('alice', 'POST', PATH)).toMatchObject({ status: 201, body: { aws_key_id: 'AKIA2' } });
  });

  test('an answer that is no refusal of the workflow’s is 503, and tells nothing of AWS', async () => {
    const rig = keyRig({
      createKey: async () => {
        throw fail('Denied', 'User: arn:aws:iam::1:role/eyrie is not authorized', {
          awsCode: 'AccessDenied',
          operation: 'iam:CreateUser',
        });
      },
    });
    const answer = await rig.call('alice', 'POST', PATH);
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain('arn:aws');
  });
});

describe('GET /storage/credentials', () => {
  test('lists ids and how long each still works', async () => {
    const now = Date.parse('2026-01-10T00:00:00Z');
    const key = (id: string, createdAt: string, state = 'active') => ({
      ...{ id, state, createdAt },
      expiresAt: new Date(Date.parse(createdAt) + LIFE_MS).toISOString(),
    });
    const listed = [
      key('AKIA1', '2026-01-10T00:00:00Z'),
      key('AKIA2', '2025-12-10T00:00:00Z'),
      key('AKIA3', '2026-01-01T00:00:00Z', 'inactive'),
    ];
    const rig = keyRig({ listKeys: async () => listed }, { now: () => now });
    expect((await rig.call('alice', 'GET', PATH)).body).toEqual([
      { aws_key_id: 'AKIA1', status: 'expires in 29 days' },
      { aws_key_id: 'AKIA2', status: 'expired' },
      { aws_key_id: 'AKIA3', status: 'expired' },
    ]);
    const empty = keyRig({ listKeys: async () => [] });
    expect(await empty.call('alice', 'GET', PATH)).toMatchObject({ status: 200, body: [] });
  });
});

describe('DELETE /storage/credentials/{key_id}', () => {
  test('is 204 once the key is gone', async () => {
    const rig = keyRig({ deleteKey: async () => null });
    expect(await rig.call('alice', 'DELETE', `${PATH}/AKIA1`)).toMatchObject({ status: 204, text: '' });
    expect(rig.asked[0]?.arg).toEqual({ accessKeyId: 'AKIA1' } satisfies DeleteKey);
  });

  test('names an unknown key with 404', async () => {
    const rig = keyRig({
      deleteKey: async () => {
        throw fail('NotFound', 'there is no key AKIA9');
      },
    });
    expect(await rig.call('alice', 'DELETE', `${PATH}/AKIA9`)).toMatchObject({
      status: 404,
      body: { detail: 'there is no key AKIA9' },
    });
  });

  test.for([
    ['AWS refuses', fail('Denied', 'no', { awsCode: 'AccessDenied', operation: 'iam:DeleteAccessKey' })],
    ['AWS fails', fail('Unavailable', 'no')],
    ['nobody answers in time', fail('Unavailable', 'no worker answered in time; try again')],
    ['something is wrong that nobody knows', new Error('boom')],
  ] as const)('never says that a key is gone which may work: %s', async ([_name, error]) => {
    const rig = keyRig({
      deleteKey: async () => {
        throw error;
      },
    });
    const answer = await rig.call('alice', 'DELETE', `${PATH}/AKIA1`);
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('may still work') } });
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });
});

describe('every route of keys', () => {
  const calls = [
    ['POST', PATH, 'create'],
    ['GET', PATH, 'read'],
    ['DELETE', `${PATH}/AKIA1`, 'delete'],
  ] as const;

  test.for(calls)(
    '%s %s: no token 401, no right 403, a client 403, a bot’s name 422, switched off 404',
    async ([method, path, right]) => {
      const nobody: Answers = {};
      expect(await keyRig(nobody).call(null, method, path)).toMatchObject({ status: 401 });
      expect(await keyRig(nobody, { denied: right }).call('alice', method, path)).toMatchObject({ status: 403 });
      expect(await keyRig(nobody).call('hatchery', method, path)).toMatchObject({ status: 403 });
      expect(await keyRig(nobody).call('operator', method, path)).toMatchObject({ status: 422 });
      expect(await keyRig(nobody, { off: true }).call('alice', method, path)).toMatchObject({ status: 404 });
    },
  );

  test('asks about the caller’s own keys alone', async () => {
    const rig = keyRig({ ...making(), listKeys: async () => [], deleteKey: async () => null });
    for (const [method, path] of calls) await rig.call('bob', method, path);
    expect(new Set(rig.asked.map(({ subject }) => subject.name))).toEqual(new Set(['bob']));
  });
});

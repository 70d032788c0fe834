import { describe, expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import type { RemoveHolder } from '#domain/keys/input.ts';
import { firstHolderRecord, type HolderPhase, KEY_HOLDER_RECORDS, type KeyHolderRecord } from '#domain/keys/record.ts';
import { type HolderRole, keyHolderSubject } from '#domain/keys/subject.ts';
import { type Answers, keyRig } from './key-rig.ts';
import { type Caller, ENVIRONMENT } from './rig.ts';

const AT = '2026-01-01T00:00:00.000Z';
const OTHERS: readonly Caller[] = ['alice', 'bob', 'hatchery'];
const PATH = `/v1/key-holders/${ENVIRONMENT}.alice-bot`;

const recordOf = (userId: string, role: HolderRole, phase: HolderPhase = 'ready'): KeyHolderRecord => {
  const holder = {
    ...{ environment: ENVIRONMENT, hostname: 'localhost', userId, role, bucket: 'b' },
    account: { accountId: '999999999999', region: 'us-east-1', roleArn: null, externalId: null },
  };
  const key = { id: `AKIA-${userId}`, state: 'active' as const, createdAt: AT, expiresAt: null, request: null };
  const removal =
    phase === 'ready' ? null : { requestedBy: 'operator:olga', requestedAt: AT, force: false, unsureSince: AT };
  return { ...firstHolderRecord(holder, AT), keys: phase === 'removed' ? [] : [key], phase, removal };
};

type Rig = ReturnType<typeof keyRig>;

const change = async ({ control }: Pick<Rig, 'control'>, phase: HolderPhase): Promise<void> => {
  const records = control.records(KEY_HOLDER_RECORDS);
  const found = await records.read(keyHolderSubject(ENVIRONMENT, 'alice', 'system'));
  if (found) await records.write({ ...recordOf('alice', 'system', phase) }, found.etag);
};

/** Alice's two holders and bob's, and a task that holds alice's system key. */
const holding = async (answers: Answers = {}): Promise<Rig> => {
  const rig = keyRig(answers);
  const records = rig.control.records(KEY_HOLDER_RECORDS);
  await records.create(recordOf('alice', 'system'));
  await records.create(recordOf('alice', 'user', 'removed'));
  await records.create(recordOf('bob', 'user', 'removing'));
  const subject = keyHolderSubject(ENVIRONMENT, 'alice', 'system');
  await rig.control.leases.take(subject, 'AKIA-alice', { task: 'task-7', forMs: 60_000 });
  return rig;
};

describe('GET /v1/key-holders/{id}', () => {
  test('shows an operator which tasks hold which key', async () => {
    const rig = await holding();
    expect(await rig.call('operator', 'GET', PATH)).toMatchObject({
      status: 200,
      body: {
        ...{ user: 'alice', role: 'system', phase: 'ready', removal: null },
        keys: [{ id: 'AKIA-alice', tasks: [{ task: 'task-7' }] }],
      },
    });
    expect(await rig.call('operator', 'GET', '/v1/key-holders/elsewhere.alice-bot')).toMatchObject({ status: 404 });
  });

  test('says who has asked for its removal', async () => {
    const rig = await holding();
    expect((await rig.call('operator', 'GET', `/v1/key-holders/${ENVIRONMENT}.bob`)).body).toMatchObject({
      phase: 'removing',
      removal: { requestedBy: 'operator:olga', requestedAt: AT, force: false },
    });
  });
});

describe('GET /v1/key-holders', () => {
  const idsOf = ({ body }: { readonly body: unknown }): string[] =>
    (body as { items: { id: string }[] }).items.map(({ id }) => id.replace(`${ENVIRONMENT}.`, ''));

  test('lists them by name and page, or those in a phase', async () => {
    const rig = await holding();
    const all = await rig.call('operator', 'GET', '/v1/key-holders');
    expect(idsOf(all)).toEqual(['alice-bot', 'alice', 'bob']);
    expect(all.body).toMatchObject({
      items: [{ user: 'alice', role: 'system', keys: [{ id: 'AKIA-alice', state: 'active' }] }, {}, {}],
      nextCursor: null,
    });
    expect(idsOf(await rig.call('operator', 'GET', '/v1/key-holders?phase=removed'))).toEqual(['alice']);
    const first = await rig.call('operator', 'GET', '/v1/key-holders?limit=2');
    expect(idsOf(first)).toEqual(['alice-bot', 'alice']);
    const { nextCursor } = first.body as { nextCursor: string };
    expect(idsOf(await rig.call('operator', 'GET', `/v1/key-holders?limit=2&cursor=${nextCursor}`))).toEqual(['bob']);
  });

  test.each(['phase=gone', 'limit=0', 'limit=101', 'cursor=x', 'user=alice'])('refuses ?%s', async (query) => {
    const rig = await holding();
    expect(await rig.call('operator', 'GET', `/v1/key-holders?${query}`)).toMatchObject({ status: 422 });
  });
});

describe('DELETE /v1/key-holders/{id}', () => {
  test('asks the workflow of the holder, in the account where it is, and shows that it is gone', async () => {
    const asked: RemoveHolder[] = [];
    const rig: Rig = await holding({
      removeHolder: async (arg: RemoveHolder) => {
        asked.push(arg);
        await change(rig, 'removed');
      },
    });
    expect(await rig.call('operator', 'DELETE', `${PATH}?force=true`)).toMatchObject({
      status: 200,
      body: { id: `${ENVIRONMENT}.alice-bot`, phase: 'removed', keys: [] },
    });
    expect(asked).toEqual([{ force: true, requestedBy: 'operator:olga' }]);
    expect(rig.asked).toMatchObject([
      {
        subject: { kind: 'key-holder', environment: ENVIRONMENT, name: 'alice-bot' },
        workflowType: 'keyHolder',
        input: { holder: { userId: 'alice', role: 'system', account: { accountId: '999999999999' } } },
      },
    ]);
  });

  test('is 202 with the place to look where it takes longer than a caller may wait', async () => {
    const rig: Rig = await holding({
      removeHolder: async () => {
        await change(rig, 'removing');
        throw fail('Unavailable', 'no answer in time');
      },
    });
    const answer = await rig.call('operator', 'DELETE', PATH);
    expect(answer).toMatchObject({ status: 202, body: { phase: 'removing' } });
    expect(answer.headers.get('location')).toBe(PATH);
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test.each([
    ['Unavailable', 503],
    ['KeyInUse', 409],
    ['Denied', 403],
  ] as const)('tells %s where nothing was begun', async (code, status) => {
    const rig = await holding({ removeHolder: async () => Promise.reject(fail(code, 'tasks hold AKIA-alice')) });
    expect(await rig.call('operator', 'DELETE', PATH)).toMatchObject({ status, body: { code } });
  });

  test.each(['force=yes', 'force=', 'mode=dispose'])('refuses ?%s', async (query) => {
    const rig = await holding();
    expect(await rig.call('operator', 'DELETE', `${PATH}?${query}`)).toMatchObject({ status: 422 });
    expect(rig.asked).toEqual([]);
  });

  test('is 404 where there is none, and nobody is asked', async () => {
    const rig = await holding();
    for (const id of [`${ENVIRONMENT}.carol`, 'elsewhere.alice-bot'])
      expect(await rig.call('operator', 'DELETE', `/v1/key-holders/${id}`)).toMatchObject({ status: 404 });
    expect(rig.asked).toEqual([]);
  });
});

test.each([
  ['GET', PATH],
  ['DELETE', PATH],
  ['DELETE', `${PATH}?force=true`],
])('%s %s is as if missing for anybody else, its user included', async (method, path) => {
  const rig = await holding();
  const missing = path.replace('alice-bot', 'carol-bot');
  const comparable = (text: string) => text.replaceAll(/"(instance|requestId)":"[^"]*"/g, '');
  for (const who of OTHERS) {
    const answer = await rig.call(who, method, path);
    expect(answer.status).toBe(404);
    expect(comparable(answer.text)).toBe(comparable((await rig.call(who, method, missing)).text));
    expect(await rig.call(who, 'GET', '/v1/key-holders')).toMatchObject({ status: 403 });
  }
  expect(rig.asked).toEqual([]);
});

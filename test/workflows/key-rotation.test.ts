import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import type { ExpireKeysInput } from '#domain/keys/expiry.ts';
import type { KeyHolderInput } from '#domain/keys/input.ts';
import { SLOTS } from '#domain/keys/moves.ts';
import { keyHolderSubject } from '#domain/keys/subject.ts';
import { type Break, fakeKeys } from '../support/fake-keys.ts';
import { type YearsRig, yearsRig } from '../support/time-skipping.ts';

const DAY_MS = 86_400_000;
const LIFE_MS = 30 * DAY_MS;
const BOT = '7-bot';
const IAM_USER = 'gen3wf-brh-org-7-bot';

const INPUT: KeyHolderInput = {
  holder: {
    ...{ environment: 'brh-org', hostname: 'brh.org', userId: '7', role: 'system', bucket: 'gen3wf-brh-org-7' },
    account: { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null },
  },
  settings: { lifetimeMs: LIFE_MS, maxKeys: 2 },
  // What is refused for good is given up at once.
  timing: { ...DEFAULT_TIMING, undoGiveUpMs: 0, lookEveryMs: 50 },
};

/** Holders page by page, and what was asked of each. */
const day = {
  holders: 0,
  outcome: (_name: string): unknown => ({ type: 'nothing' }),
  looked: [] as { readonly name: string; readonly at: string }[],
  activities: {
    findKeyHolders: async (environment: string, cursor: string | null) => {
      const from = Number(cursor ?? 0);
      const to = Math.min(from + 100, day.holders);
      const holders = Array.from({ length: to - from }, (_, nth) =>
        keyHolderSubject(environment, `u${from + nth}`, 'user'),
      );
      return { holders, nextCursor: to === day.holders ? null : String(to) };
    },
    ensureKeysLookedAfter: async ({ subject, at }: { subject: { name: string }; at: string }) => {
      day.looked.push({ name: subject.name, at });
      return day.outcome(subject.name);
    },
  },
};

let rig: YearsRig;
const fakes = fakeKeys();

beforeAll(async () => {
  rig = await yearsRig({ ...fakes.activities, ...day.activities } as never);
});
afterAll(async () => {
  await rig.close();
});

/** The test server knows no update that starts its workflow: first the one, then the other. */
const lookAfter = async (aheadMs: number, early = 0): Promise<void> => {
  const at = new Date((await rig.now()) + early).toISOString();
  const handle = await rig.env.client.workflow.start('keyHolder', {
    workflowId: subjectWorkflowId(keyHolderSubject('brh-org', '7', 'system')),
    ...{ taskQueue: rig.taskQueue, args: [INPUT], workflowIdConflictPolicy: 'USE_EXISTING' as const },
  });
  await handle.executeUpdate('lookAfterKeys', { args: [{ at, aheadMs }] });
};

const leftOf = async (): Promise<number> =>
  Date.parse(fakes.forwardable(BOT)?.expiresAt ?? '1970-01-01T00:00:00Z') - (await rig.now());

test('years of rotation, with a break at each call: a key to give out at every instant, two at most, half a life for each task', async () => {
  let wasForwardable = false;
  const wrong: string[] = [];
  fakes.after = () => {
    if (fakes.usersKeys(IAM_USER).length > SLOTS) wrong.push(`${fakes.usersKeys(IAM_USER)} are there`);
    if (fakes.forwardable(BOT)) wasForwardable = true;
    else if (wasForwardable) wrong.push('there is no key to give out');
  };
  const begin = await rig.now();
  const seen = new Set<string>();
  for (const how of ['before', 'after'] satisfies Break[]) {
    // Each time the break comes one call later, until a rotation came to its end before it.
    for (let nth = 1, isBroken = true; isBroken; nth += 1) {
      fakes.breakAt(nth, how);
      await lookAfter(0).catch(() => undefined);
      isBroken = fakes.mend();
      expect(wrong).toEqual([]);
      // A task starts right after: what was broken off is gone on with.
      if ((await leftOf()) < LIFE_MS / 2) await lookAfter(0);
      expect(await leftOf()).toBeGreaterThanOrEqual(LIFE_MS / 2);
      for (const id of fakes.usersKeys(IAM_USER)) seen.add(id);
      // What a lost answer has left in IAM goes with the next look.
      await lookAfter(0);
      expect(fakes.usersKeys(IAM_USER).toSorted()).toEqual(
        fakes
          .keysOf(BOT)
          .map(({ id }) => id)
          .toSorted(),
      );
      await rig.pass(LIFE_MS / 2);
    }
  }
  expect(wrong).toEqual([]);
  expect((await rig.now()) - begin).toBeGreaterThan(365 * DAY_MS);
  expect(seen.size).toBeGreaterThan(24);
});

test('a clock that jumps years ahead finds a key that works after one look', async () => {
  await lookAfter(0);
  await rig.pass(5 * 365 * DAY_MS);
  expect(await leftOf()).toBeLessThan(0);
  await lookAfter(0);
  expect(await leftOf()).toBeGreaterThanOrEqual(LIFE_MS / 2);
  expect(fakes.keysOf(BOT).filter(({ state }) => state !== 'active')).toEqual([]);
});

test('a time that is ahead of the clock makes one key, not one after the other', async () => {
  await lookAfter(0);
  const before = fakes.calls.length;
  await lookAfter(0, 5 * LIFE_MS);
  expect(fakes.calls.slice(before).filter((call) => call === 'ensureAccessKey')).toHaveLength(1);
  expect(await leftOf()).toBeGreaterThanOrEqual(LIFE_MS / 2);
});

describe('the daily look', () => {
  const startDay = (holders: number, outcome: (name: string) => unknown) => {
    Object.assign(day, { holders, outcome, looked: [] });
    const input: ExpireKeysInput = {
      environment: 'brh-org',
      settings: { lifetimeMs: LIFE_MS, maxKeys: 2 },
      perSecond: 2,
      timing: INPUT.timing,
    };
    return rig.env.client.workflow.start('expireKeys', {
      ...{ workflowId: `day-${randomUUID()}`, taskQueue: rig.taskQueue, args: [input] },
    });
  };

  test('sees a thousand holders, each once, all by one time, no faster than IAM is to be asked, in short histories', async () => {
    const begin = await rig.now();
    const handle = await startDay(1_000, (name) => ({ type: name === 'u7' ? 'changed' : 'nothing' }));
    const answer = (await handle.result()) as { at: string };
    expect(answer).toMatchObject({ looked: 1_000, changed: 1, failures: 0 });
    expect(new Set(day.looked.map(({ name }) => name)).size).toBe(1_000);
    expect(new Set(day.looked.map(({ at }) => at))).toEqual(new Set([answer.at]));
    expect((await rig.now()) - begin).toBeGreaterThanOrEqual(500_000 - 1_000);
    const { events } = await handle.fetchHistory();
    expect(events?.length).toBeLessThan(2_000);
  });

  test('one holder’s failure is told at the end, and keeps nobody from being looked after', async () => {
    const handle = await startDay(3, (name) =>
      name === 'u1' ? { type: 'failed', why: 'IAM is away' } : { type: 'changed' },
    );
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'Unavailable', message: expect.stringContaining('1 of 3 holders') },
    });
    expect(day.looked).toHaveLength(3);
  });
});

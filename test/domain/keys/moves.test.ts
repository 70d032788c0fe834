import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextMove, nextRepair, type Rules, type SeenKeys, SLOTS, withoutJustRemoved } from '#domain/keys/moves.ts';
import type { HolderKey } from '#domain/keys/record.ts';
import { Crash, keyWorld, LIFE_MS } from './world.ts';

const DAY_MS = 86_400_000;
const AHEAD_MS = 1.5 * DAY_MS;

type Event =
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'daily'; readonly crashAt: number; readonly lateMs: number }
  | { readonly type: 'task'; readonly crashAt: number }
  | { readonly type: 'end' }
  | { readonly type: 'hand'; readonly does: 'off' | 'delete' | 'make' | 'unseal' };

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('wait'), ms: fc.integer({ min: 1, max: LIFE_MS / 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wait'), ms: fc.integer({ min: LIFE_MS, max: 9 * LIFE_MS }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('daily'),
      crashAt: fc.integer({ min: 0, max: 14 }),
      lateMs: fc.integer({ min: 0, max: 2 * DAY_MS }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('task'), crashAt: fc.integer({ min: 0, max: 14 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('end') }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('hand'), does: fc.constantFrom('off', 'delete', 'make', 'unseal') }),
  },
) as fc.Arbitrary<Event>;

/** What must be so after every single call, wherever a run breaks off. */
const play = (story: readonly Event[]): void => {
  const world = keyWorld();
  const promises: { readonly id: string; readonly until: number }[] = [];
  let wasForwardable = false;
  let tasks = 0;

  world.after = () => {
    expect(world.iam.size).toBeLessThanOrEqual(SLOTS);
    if (world.forwardable()) wasForwardable = true;
    else if (wasForwardable) throw new Error('there is no key to give out');
    for (const { id, until } of promises) {
      if (until > world.now && !world.iam.get(id)?.active) throw new Error(`${id} was taken from a task`);
    }
  };
  const run = (aheadMs: number, crashAt: number, at?: number): void => {
    let calls = 0;
    world.before = () => {
      calls += 1;
      if (calls === crashAt) throw new Crash();
    };
    try {
      world.run(aheadMs, at);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  };
  const by: { readonly [T in Event['type']]: (event: Extract<Event, { type: T }>) => void } = {
    wait: ({ ms }) => {
      world.now += ms;
    },
    daily: ({ crashAt, lateMs }) => run(AHEAD_MS, crashAt, world.now - lateMs),
    task: ({ crashAt }) => {
      if ((leftOf() ?? 0) < LIFE_MS / 2) {
        run(0, crashAt);
        run(0, 0);
      }
      const key = world.forwardable();
      expect(key).toBeDefined();
      expect(leftOf()).toBeGreaterThanOrEqual(LIFE_MS / 2);
      if (!key) return;
      tasks += 1;
      const until = world.now + LIFE_MS / 2;
      world.leases.set(key.id, new Map([...(world.leases.get(key.id) ?? []), [`task-${tasks}`, until]]));
      promises.push({ id: key.id, until });
    },
    end: () => {
      const last = promises.pop();
      if (last)
        for (const held of world.leases.values())
          for (const [task, until] of held) if (until === last.until) held.delete(task);
    },
    hand: ({ does }) => {
      // Within the instant in which it was made, a key that is gone is one that IAM does not list yet.
      world.now += 1;
      const [id] = [...world.iam.keys()];
      if (does === 'make' && world.iam.size < SLOTS)
        world.iam.set(`BYHAND${tasks}`, { active: true, createdAt: world.now });
      if (id === undefined || does === 'make') return;
      if (does === 'off') world.iam.set(id, { active: false, createdAt: world.now });
      if (does === 'delete') world.iam.delete(id);
      if (does === 'unseal') world.sealed.delete(id);
      // Whoever takes keys away by hand takes them from tasks, too.
      promises.length = 0;
      wasForwardable = false;
    },
  };
  const leftOf = (): number | undefined => {
    const key = world.forwardable();
    return key && Date.parse(key.expiresAt ?? '') - world.now;
  };
  for (const event of story) by[event.type](event as never);
  run(0, 0);
  expect(world.forwardable()).toBeDefined();
  expect(nextMove(world.seen(), rulesAt(world.now))).toBeNull();
};

const rulesAt = (at: number): Rules => ({
  role: 'system',
  at,
  lifetimeMs: LIFE_MS,
  aheadMs: 0,
  unseenMs: 0,
  countsAgain: () => true,
});

describe('system keys', () => {
  test('years of rotation, broken off at any call: one to give out, two at most, half a life for each task', () => {
    fc.assert(
      fc.property(fc.array(events, { minLength: 5, maxLength: 60, size: 'max' }), (story) => play(story)),
      { numRuns: 400 },
    );
  });

  test('stand half a life apart, and a new one is given out only once it is proved', () => {
    const world = keyWorld();
    world.run(0);
    const [first] = world.keys();
    world.now += LIFE_MS / 2 - 1;
    world.run(0);
    expect(world.keys()).toEqual([first]);
    world.now += 1;
    const states: string[] = [];
    world.after = () => states.push(`${world.forwardable()?.id}: ${world.keys().map(({ state }) => state)}`);
    world.run(0);
    expect(states).toEqual(['AKIA1: active', 'AKIA1: active', 'AKIA1: active,made', 'AKIA2: active,active']);
    // At the end of the first one's life it makes room for the third.
    world.now += LIFE_MS / 2;
    states.length = 0;
    world.run(0);
    expect(states[0]).toBe('AKIA2: retiring,active');
    expect(world.keys().map(({ id }) => id)).toEqual(['AKIA2', 'AKIA3']);
  });

  test('one that tasks hold stays while it lives, and its place is needed', () => {
    const world = keyWorld();
    world.run(0);
    world.now += LIFE_MS / 2;
    world.run(0);
    world.leases.set('AKIA1', new Map([['task', world.now + LIFE_MS / 2]]));
    world.now += LIFE_MS / 2 - DAY_MS;
    world.run(AHEAD_MS);
    expect(world.keys().map(({ id }) => id)).toEqual(['AKIA1', 'AKIA2']);
    // Control: nobody holds it any more.
    world.leases.clear();
    world.run(AHEAD_MS);
    expect(world.keys().map(({ id }) => id)).toEqual(['AKIA2', 'AKIA3']);
  });
});

const aKey = (id: string, changes: Partial<HolderKey> = {}): HolderKey => ({
  id,
  state: 'active',
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-31T00:00:00.000Z',
  request: null,
  ...changes,
});

const listing = (keys: readonly HolderKey[], changes: Partial<SeenKeys> = {}): SeenKeys => ({
  keys,
  listed: keys.map(({ id, createdAt }) => ({ accessKeyId: id, active: true, createdAt })),
  sealed: [],
  leased: [],
  strays: [],
  ...changes,
});

const userRules = (at: string): Rules => ({
  role: 'user',
  at: Date.parse(at),
  lifetimeMs: LIFE_MS,
  aheadMs: 0,
  unseenMs: 120_000,
  countsAgain: () => true,
});

describe('the keys of a user', () => {
  const young = userRules('2026-01-30T00:00:00Z');

  test('that were there before Eyrie count from when they were made', () => {
    const seen = listing([], {
      listed: [{ accessKeyId: 'AKIAOLD', active: true, createdAt: '2026-01-02T00:00:00.000Z' }],
    });
    const expiresAt = '2026-02-01T00:00:00.000Z';
    const key = aKey('AKIAOLD', { createdAt: '2026-01-02T00:00:00.000Z', expiresAt });
    expect(nextMove(seen, young)).toEqual({ type: 'adopt', key });
  });

  test('go when they have expired by the time that is asked about, and not before', () => {
    expect(nextMove(listing([aKey('A')]), young)).toBeNull();
    expect(nextMove(listing([aKey('A')]), userRules('2026-01-30T23:59:59.999Z'))).toBeNull();
    expect(nextMove(listing([aKey('A')]), userRules('2026-01-31T00:00:00Z'))).toMatchObject({
      type: 'remove',
      id: 'A',
    });
  });

  test('whose revocation broke off are gone on with', () => {
    expect(nextMove(listing([aKey('A', { state: 'retiring' })]), young)).toMatchObject({ type: 'remove', id: 'A' });
  });

  test('that were deleted in IAM are dropped, once IAM would have listed them', () => {
    const seen = listing([aKey('A')], { listed: [] });
    expect(nextMove(seen, userRules('2026-01-01T00:01:00Z'))).toBeNull();
    expect(nextMove(seen, userRules('2026-01-01T00:03:00Z'))).toMatchObject({ type: 'drop', id: 'A' });
  });

  test('that were switched off in IAM are known to be, and stay for whoever did it', () => {
    const off = (key: HolderKey) =>
      listing([key], { listed: [{ accessKeyId: 'A', active: false, createdAt: key.createdAt }] });
    expect(nextMove(off(aKey('A')), young)).toEqual({ type: 'note', id: 'A', state: 'inactive' });
    expect(nextMove(off(aKey('A', { state: 'inactive' })), young)).toBeNull();
  });

  test('that were switched on again in IAM are known to work, and those that are on their way out are not', () => {
    const on = (state: HolderKey['state']) => nextMove(listing([aKey('A', { state })]), young);
    expect(on('inactive')).toEqual({ type: 'note', id: 'A', state: 'active' });
    expect(on('active')).toBeNull();
    expect(on('retiring')).toMatchObject({ type: 'remove', id: 'A' });
  });
});

test.each(['user', 'system'] as const)('of a key of a %s that is gone no secret stays', (role) => {
  const rules = { ...userRules('2026-01-01T00:00:00Z'), role };
  expect(nextRepair(listing([], { strays: ['A'] }), rules)).toEqual({ type: 'forget', id: 'A' });
});

test.each(['user', 'system'] as const)(
  'a key of a %s that IAM lists still after its deletion is gone, and a stranger once IAM should know',
  (role) => {
    const removedAt = '2026-01-01T00:00:00.000Z';
    const removed = Date.parse(removedAt);
    const seen: SeenKeys = {
      keys: [],
      listed: [{ accessKeyId: 'AKIAOLD', active: false, createdAt: '2025-12-01T00:00:00.000Z' }],
      sealed: [],
      leased: [],
      strays: [],
    };
    const at = (now: number) =>
      nextRepair(
        withoutJustRemoved(seen, [{ id: 'AKIAOLD', removedAt, why: 'it was revoked' }], { now, unseenMs: 1_000 }),
        {
          role,
          at: now,
          lifetimeMs: LIFE_MS,
          aheadMs: 0,
          unseenMs: 1_000,
          countsAgain: () => true,
        },
      );
    expect(at(removed + 999)).toBeNull();
    expect(at(removed + 1_000)?.type).toBe(role === 'system' ? 'remove' : 'adopt');
  },
);

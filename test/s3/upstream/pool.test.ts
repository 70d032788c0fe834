/** The pool under random arrivals, aborts, exceptions and cut connections: nothing leaks, nothing throws, everybody ends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pool } from '#s3/upstream/lean/pool.ts';
import { mayTake, newShare, type Share } from '#s3/upstream/share.ts';
import type { UpstreamCall, UpstreamError, UpstreamReceiver, UpstreamRequest } from '#s3/upstream/upstream.ts';
import { FakeConnection } from '../support/fake-connections.ts';

const QUEUE_MS = 1_000;
const KEEP_ALIVE_MS = 300;
const HEAD = ['host', 'h'];
const CALLBACKS = ['onHead', 'onData', 'onEnd', 'onError', 'onDrain'] as const;
type Callback = (typeof CALLBACKS)[number];

/** Told what comes back; throws where it is told to. */
class Caller implements UpstreamReceiver {
  readonly share: Share;
  readonly #throwsIn: Callback | undefined;
  call: UpstreamCall | undefined;
  isGivenUp = false;
  readonly ends: string[] = [];

  constructor(share: Share, throwsIn: Callback | undefined) {
    this.share = share;
    this.#throwsIn = throwsIn;
  }

  get isOver(): boolean {
    return this.isGivenUp || this.ends.length > 0;
  }

  #told(callback: Callback): void {
    expect(this.isGivenUp, `${callback} after it was given up`).toBe(false);
    if (callback === this.#throwsIn) throw new Error(`thrown by ${callback}`);
  }

  onHead(): void {
    this.#told('onHead');
  }

  onData(): boolean {
    this.#told('onData');
    return true;
  }

  onDrain(): void {
    this.#told('onDrain');
  }

  onEnd(): void {
    this.ends.push('answered');
    this.#told('onEnd');
  }

  onError(error: UpstreamError): void {
    this.ends.push(error.failure);
    this.#told('onError');
  }
}

class World {
  now = 0;
  isOpenBroken = false;
  isSendBroken = false;
  readonly connectionsMax: number;
  readonly shares: Share[];
  readonly connections: FakeConnection[] = [];
  readonly callers: Caller[] = [];
  readonly bugs: unknown[] = [];
  readonly pool: Pool;

  constructor(connectionsMax: number, users = 4) {
    this.connectionsMax = connectionsMax;
    this.shares = Array.from({ length: users }, newShare);
    this.pool = new Pool({
      connectionsMax,
      keepAliveMs: KEEP_ALIVE_MS,
      queueMs: QUEUE_MS,
      now: () => this.now,
      onBug: (bug) => this.bugs.push(bug),
      open: (events) => {
        if (this.isOpenBroken) throw new Error('no more files');
        const connection = new FakeConnection(events);
        connection.isBroken = this.isSendBroken;
        this.connections.push(connection);
        return connection;
      },
    });
  }

  submit(user: number, request: Partial<UpstreamRequest> = {}, throwsIn?: Callback): Caller {
    const share = this.shares[user] as Share;
    const caller = new Caller(share, throwsIn);
    this.callers.push(caller);
    const whole = { method: 'GET', path: '/b/k', headers: HEAD, contentLength: undefined, share, ...request };
    caller.call = this.pool.submit(whole, caller);
    return caller;
  }

  get live(): FakeConnection[] {
    return this.connections.filter(({ state }) => state !== 'closed');
  }

  get busy(): FakeConnection[] {
    return this.connections.filter(({ state }) => state === 'busy');
  }

  check(): void {
    const { open, idle, waiting } = this.pool.stats;
    expect(open).toBeLessThanOrEqual(this.connectionsMax);
    expect(open).toBe(this.live.length);
    expect(idle).toBe(this.live.length - this.busy.length);
    for (const share of this.shares) {
      expect(share.held).toBe(this.busy.filter(({ holder }) => holder === share).length);
      // Nobody waits who could be served.
      if (share.waiting.length > 0) expect(mayTake(share.held, this.connectionsMax - this.busy.length)).toBe(false);
    }
    expect(waiting).toBe(this.shares.reduce((sum, share) => sum + share.waiting.length, 0));
    for (const caller of this.callers) expect(caller.ends.length).toBeLessThanOrEqual(2);
  }
}

const nat = fc.nat(1_000);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      user: fc.nat(3),
      length: fc.constantFrom(undefined, 0, 5),
      isWhole: fc.boolean(),
      isRetry: fc.boolean(),
      throwsIn: fc.option(fc.constantFrom(...CALLBACKS), { nil: undefined, freq: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('unsendable' as const),
      user: fc.nat(3),
      value: fc.constantFrom('a\nb', '\u4e0d\u4e0a', '\ud800'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('answer' as const, 'cut' as const, 'drain' as const, 'abort' as const, 'end' as const),
      which: nat,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), which: nat, bytes: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 400, 1_100) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('break-open' as const, 'break-send' as const, 'mend' as const) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(world: World, one: Step): void {
  const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(from.length, 1)];
  switch (one.do) {
    case 'submit': {
      const { user, length, isWhole, isRetry, throwsIn } = one;
      world.submit(
        user,
        { contentLength: length, isRetry, body: isWhole && length !== undefined ? Buffer.alloc(length) : undefined },
        throwsIn,
      );
      break;
    }
    case 'unsendable':
      world.submit(one.user, { headers: [...HEAD, 'x-amz-meta-a', one.value] });
      break;
    case 'answer':
    case 'cut':
    case 'drain':
      pick(world.busy, one.which)?.[one.do]();
      break;
    case 'abort': {
      const caller = pick(world.callers, one.which);
      if (!caller || caller.isOver) break;
      caller.isGivenUp = true;
      caller.call?.destroy();
      break;
    }
    case 'write':
      pick(world.callers, one.which)?.call?.write(Buffer.alloc(one.bytes));
      break;
    case 'end':
      pick(world.callers, one.which)?.call?.end();
      break;
    case 'pass':
      world.now += one.ms;
      world.pool.sweep();
      break;
    case 'break-open':
      world.isOpenBroken = true;
      break;
    case 'break-send':
      world.isSendBroken = true;
      break;
    case 'mend':
      world.isOpenBroken = false;
      world.isSendBroken = false;
      break;
  }
}

test('random arrivals, aborts, exceptions and cut connections', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (connectionsMax, steps) => {
        const world = new World(connectionsMax);
        for (const one of steps) {
          run(world, one);
          world.check();
        }
        // Nobody waits longer than the deadline of the queue.
        world.now += QUEUE_MS;
        world.pool.sweep();
        world.check();
        expect(world.pool.stats.waiting).toBe(0);
        world.pool.close();
        await new Promise(process.nextTick); // a request that can't be sent is told so a tick later
        for (const caller of world.callers) {
          expect(caller.isOver).toBe(true);
          for (const end of caller.ends) seen.add(end);
        }
        expect(world.live).toEqual([]);
        expect(world.pool.stats).toEqual({ open: 0, idle: 0, waiting: 0 });
        expect(world.shares.map(({ held }) => held)).toEqual([0, 0, 0, 0]);
      },
    ),
    { numRuns: Number(process.env.FUZZ_CASES ?? 1_000) },
  );
  // Each way to end was met.
  expect([...seen].sort()).toEqual(['answered', 'bug', 'connect', 'no-response', 'queue']);
});

test('a user who takes all they can leaves the others a connection at once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 256 }), fc.integer({ min: 1, max: 3 }), (connectionsMax, greedy) => {
      const world = new World(connectionsMax, greedy + 1);
      for (let i = 0; i < 256; i++) for (let user = 0; user < greedy; user++) world.submit(user);
      for (let user = 0; user < greedy; user++) {
        expect(world.shares[user]?.held).toBeLessThanOrEqual(Math.ceil(connectionsMax / (2 + greedy)) + 1);
        expect(world.shares[user]?.waiting.length).toBeGreaterThan(0);
      }
      world.submit(greedy);
      expect(world.shares[greedy]).toEqual({ held: 1, waiting: [] });
      world.pool.close();
    }),
    { numRuns: 30 },
  );
});

test('where all have to wait, users take turns, and each is told within the deadline', () => {
  const world = new World(1, 3);
  const order: number[] = [];
  const served = (user: number) => ({ headers: [...HEAD, 'x-user', String(user)] });
  world.submit(0, served(0));
  for (let i = 0; i < 20; i++) world.submit(0, served(0));
  world.submit(1, served(1));
  world.submit(2, served(2));
  world.submit(1, served(1));
  for (let i = 0; i < 6; i++) {
    order.push(Number(world.busy[0]?.request?.headers[3]));
    world.busy[0]?.answer();
  }
  expect(order).toEqual([0, 0, 1, 2, 0, 1]);
  world.now = QUEUE_MS;
  world.pool.sweep();
  expect(world.pool.stats.waiting).toBe(0);
  expect(world.callers.filter(({ ends }) => ends[0] === 'queue')).toHaveLength(24 - 7);
  world.pool.close();
});

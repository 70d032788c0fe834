import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Clock, createGovernor, type Governor, type Lane, type Rate } from '#aws/governor.ts';
import { laneOf } from '#aws/governor-lanes.ts';
import { codeOf } from '#domain/core/failures.ts';

const IAM: Lane = { name: 'iam', account: '111122223333', region: null };

/** A clock that goes only as far as it is let, and calls back on the way. */
const fakeClock = () => {
  let now = 0;
  let due: { at: number; call: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    after: (ms, call) => {
      const entry = { at: now + ms, call };
      due.push(entry);
      return () => {
        due = due.filter((one) => one !== entry);
      };
    },
  };
  /** Everything that promises have to do by now. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms;
    await settle();
    for (;;) {
      const next = due.toSorted((one, other) => one.at - other.at)[0];
      if (!next || next.at > end) break;
      due = due.filter((one) => one !== next);
      now = next.at;
      next.call();
      await settle();
    }
    now = end;
  };
  return { clock, pass, now: () => now, timers: () => due.length };
};

const prepare = (rate: Rate = { perSecond: 5, burst: 10 }) => {
  const time = fakeClock();
  const governor = createGovernor({ iam: rate }, time.clock);
  const sent: number[] = [];
  const send = (many: number, lane = IAM) => {
    for (let nth = 0; nth < many; nth += 1) void governor.admit(lane).then(() => sent.push(time.now()));
  };
  return { ...time, governor, sent, send };
};

test('under the rate nothing waits, not even for a timer', async () => {
  const { send, sent, pass, timers } = prepare();
  send(10);
  await pass(0);
  expect(sent).toEqual(Array(10).fill(0));
  expect(timers()).toBe(0);
});

test('in no span of time more is sent than the burst and the rate allow, and all of it is sent in time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.record({ after: fc.integer({ min: 0, max: 3_000 }), many: fc.integer({ min: 1, max: 15 }) }), {
        maxLength: 8,
      }),
      async (perSecond, burst, arrivals) => {
        const { send, sent, pass } = prepare({ perSecond, burst });
        let all = 0;
        for (const { after, many } of arrivals) {
          await pass(after);
          send(many);
          all += many;
        }
        await pass((all / perSecond) * 1000 + all + 1);
        expect(sent).toHaveLength(all);
        for (let from = 0; from < sent.length; from += 1) {
          for (let to = from; to < sent.length; to += 1) {
            const seconds = ((sent[to] ?? 0) - (sent[from] ?? 0)) / 1000;
            expect(to - from + 1).toBeLessThanOrEqual(burst + seconds * perSecond + 1e-6);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('calls go in the order in which they came', async () => {
  const { governor, pass } = prepare({ perSecond: 2, burst: 1 });
  const order: number[] = [];
  for (let nth = 0; nth < 6; nth += 1) void governor.admit(IAM).then(() => order.push(nth));
  await pass(5_000);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
});

test('another account, another region and another service have buckets of their own', async () => {
  const { send, sent, pass } = prepare({ perSecond: 1, burst: 1 });
  send(2);
  send(1, { ...IAM, account: '444455556666' });
  send(1, { ...IAM, region: 'eu-west-1' });
  send(5, { ...IAM, name: 'unlimited' });
  await pass(0);
  expect(sent).toHaveLength(8);
});

test('a throttle halves the rate, the throttles of one second halve it once, and it comes back', async () => {
  const { governor, send, sent, pass } = prepare({ perSecond: 10, burst: 10 });
  for (let nth = 0; nth < 5; nth += 1) governor.throttled(IAM);
  send(1_000);
  await pass(2_000);
  // 5 a second, and a little more already: what was saved up is gone.
  expect(sent.length).toBeGreaterThanOrEqual(10);
  expect(sent.length).toBeLessThan(12);
  await pass(60_000);
  const before = sent.length;
  await pass(2_000);
  expect(sent.length - before).toBe(20);
});

test('however often it is throttled, something is sent to find out that there is room again', async () => {
  const { governor, send, sent, pass } = prepare({ perSecond: 8, burst: 8 });
  for (let nth = 0; nth < 20; nth += 1) {
    governor.throttled(IAM);
    await pass(1_000);
  }
  send(10);
  await pass(2_000);
  expect(sent.length).toBeGreaterThanOrEqual(1);
});

test('a call whose turn would come too late fails at once, as throttled, and takes no turn', async () => {
  const { governor, send, sent, pass, now } = prepare({ perSecond: 1, burst: 1 });
  send(3);
  await pass(0);
  const refused = await governor.admit(IAM, { until: now() + 2_500 }).catch((error: unknown) => error);
  expect(codeOf(refused)).toBe('Throttled');
  const admitted = governor.admit(IAM, { until: now() + 3_000 });
  await pass(3_000);
  await admitted;
  expect(sent).toEqual([0, 1_000, 2_000]);
});

test('a wait ends with its signal, by its reason, and gives its turn to the next', async () => {
  const { governor, send, sent, pass } = prepare({ perSecond: 1, burst: 1 });
  send(1);
  const stop = new AbortController();
  const waiting = governor.admit(IAM, { signal: stop.signal }).catch((error: unknown) => error);
  send(1);
  const reason = new Error('the activity was cancelled');
  stop.abort(reason);
  expect(await waiting).toBe(reason);
  await pass(1_000);
  expect(sent).toEqual([0, 1_000]);
});

test('what is cancelled already and calls all the same is tidying up: it is let through in its turn', async () => {
  const { governor, pass } = prepare({ perSecond: 1, burst: 1 });
  const admitted = [1, 2].map(() => governor.admit(IAM, { signal: AbortSignal.abort() }));
  await pass(1_000);
  await Promise.all(admitted);
});

/** An account as AWS counts: so many calls a second, some saved up; others are throttled. */
const accountOf = ({ perSecond, burst }: Rate, now: () => number) => {
  let tokens = burst;
  let at = now();
  return (): boolean => {
    tokens = Math.min(burst, tokens + ((now() - at) / 1000) * perSecond);
    at = now();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};

/**
 * Creates at once, each of ten calls, dealt out to so many workers with a governor each (0: to one without); a throttled
 * call is made again after a while, as Temporal does it.
 */
const createsAtOnce = async (workers: number, creates: number): Promise<{ throttles: number; endedAt: number }> => {
  const { clock, pass, now } = fakeClock();
  const governors = Array.from({ length: workers }, () => createGovernor({ iam: { perSecond: 5, burst: 10 } }, clock));
  const take = accountOf({ perSecond: 5, burst: 10 }, now);
  let throttles = 0;
  let ended = 0;
  let endedAt = 0;
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const call = async (governor: Governor | undefined): Promise<void> => {
    for (let pause = 1_000; ; pause = Math.min(pause * 2, 30_000)) {
      await governor?.admit(IAM);
      if (take()) return;
      throttles += 1;
      governor?.throttled(IAM);
      await sleep(pause);
    }
  };
  const create = async (governor: Governor | undefined): Promise<void> => {
    for (let nth = 0; nth < 10; nth += 1) await call(governor);
    ended += 1;
    endedAt = now();
  };
  for (let nth = 0; nth < creates; nth += 1) void create(governors[nth % workers]);
  while (ended < creates) await pass(1_000);
  return { throttles, endedAt };
};

test('thirty creates at once meet hardly a throttle, and end no later than without a governor', async () => {
  const without = await createsAtOnce(0, 30);
  const governed = await createsAtOnce(1, 30);
  expect(without.throttles).toBeGreaterThan(100);
  expect(governed.throttles).toBeLessThan(without.throttles / 20);
  expect(governed.endedAt).toBeLessThanOrEqual(without.endedAt);
});

test('workers that share an account share its rate by what AWS answers', async () => {
  const without = await createsAtOnce(0, 30);
  const shared = await createsAtOnce(3, 30);
  expect(shared.throttles).toBeLessThan(without.throttles / 6);
});

test('IAM counts for all regions, Batch for each, and calls about single jobs apart', () => {
  const account = { accountId: '111122223333', region: 'eu-west-1', roleArn: null, externalId: null };
  expect(laneOf('iam', 'CreateRole', account)).toEqual({ name: 'iam', account: '111122223333', region: null });
  expect(laneOf('batch', 'CreateJobQueue', account)).toMatchObject({ name: 'batch', region: 'eu-west-1' });
  for (const operation of ['SubmitJob', 'TerminateJob', 'CancelJob']) {
    expect(laneOf('batch', operation, account)).toMatchObject({ name: 'batchJobs', region: 'eu-west-1' });
  }
});

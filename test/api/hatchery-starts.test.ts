/** Calls of `/hatchery/launch` that belong to one launch, and calls that ask for another. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeUser } from '#domain/core/escaping.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { A_BLOCK, type ApiAnswer, apiRig, ENVIRONMENT } from './rig.ts';

const BODY = { user: 'alice', nextflow: A_BLOCK };
const SUBJECT = workspaceSubject({ environment: ENVIRONMENT, escapedUser: escapeUser('alice') });
const MINUTE_MS = 60_000;

const FAILURE = { code: 'QuotaExceeded', detail: '50 of 50 queues', step: 'reserve-slots' } as const;

/** A rig with a clock of its own; `launch` calls as a workspace start of this key, or as one without. */
const worldOf = ({ ticks = false } = {}) => {
  const clock = { now: Date.parse('2026-11-28T12:00:00Z') };
  const tick = () => {
    clock.now += ticks ? 1 : 0;
    return clock.now;
  };
  const rig = apiRig({ now: tick });
  const launch = (key: string | null, body: object = BODY): Promise<ApiAnswer> =>
    rig.call('hatchery', 'POST', '/hatchery/launch', body, key === null ? {} : { 'idempotency-key': key });
  const underWay = (): boolean => rig.workflows.started.length > 0 && isOpen(rig);
  return {
    rig,
    clock,
    launch,
    underWay,
    started: () => rig.workflows.started.filter(({ run }) => run.type === 'launchWorkspace').length,
    succeed: () => rig.finish('alice'),
    /** A relaunch falls back on what was there. */
    fail: async () => {
      const before = (await rig.control.records(WORKSPACE_RECORDS).read(SUBJECT))?.record;
      const there = before?.phase === 'running';
      return rig.finish('alice', {
        phase: there ? 'running' : 'failed',
        key: there ? before.key : null,
        fingerprint: '',
        error: FAILURE,
      });
    },
    park: async () => {
      const { status } = await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' });
      if (status === 204 || !underWay()) return;
      rig.workflows.close(ENVIRONMENT, SUBJECT.name);
      const stored = await rig.control.records(WORKSPACE_RECORDS).read(SUBJECT);
      if (stored)
        await rig.control
          .records(WORKSPACE_RECORDS)
          .write({ ...stored.record, phase: 'parked', key: null }, stored.etag);
    },
  };
};

const isOpen = (rig: ReturnType<typeof apiRig>): boolean =>
  rig.workflows.current(ENVIRONMENT, SUBJECT.name).run.running;

const keyIn = ({ body }: ApiAnswer): unknown => (body as { accessKeyId?: string }).accessKeyId;

describe.each([
  ['with Idempotency-Keys', 'a', 'b'],
  ['without', null, null],
])('two tabs, %s', (_, a, b) => {
  test('both join, both are given the same key, and neither launches again', async () => {
    const { launch, succeed, started } = worldOf();
    expect((await launch(a)).status).toBe(202);
    expect((await launch(b)).status).toBe(202);
    await succeed();
    const [second, first] = [await launch(b), await launch(a)];
    expect([second.status, first.status]).toEqual([200, 200]);
    expect(first.body).toEqual(second.body);
    expect(started()).toBe(1);
  });

  test('once the key can’t be had again, a call of that launch is told so', async () => {
    const { launch, succeed, started, clock } = worldOf();
    await launch(a);
    await launch(b);
    await succeed();
    await launch(b);
    clock.now += 11 * MINUTE_MS;
    expect(await launch(a)).toMatchObject({
      status: 410,
      body: { code: 'AlreadyClaimed', detail: expect.stringContaining('Idempotency-Key') },
    });
    expect(started()).toBe(1);
  });
});

test('only a new workspace start launches a workspace anew whose key was handed out', async () => {
  const { launch, succeed, started } = worldOf();
  await launch('a');
  await succeed();
  const first = await launch('a');
  expect(first.status).toBe(200);
  expect((await launch('b')).status).toBe(202);
  expect(started()).toBe(2);
  // The tab that is behind joins this one too.
  expect((await launch('a')).status).toBe(202);
  await succeed();
  const [ofA, ofB] = [await launch('a'), await launch('b')];
  expect(ofA.body).toEqual(ofB.body);
  expect(keyIn(ofA)).not.toBe(keyIn(first));
  expect(started()).toBe(2);
});

test('another configuration is another launch, also without an Idempotency-Key', async () => {
  const { launch, succeed, started } = worldOf();
  await launch(null);
  await succeed();
  await launch(null);
  expect((await launch(null, { ...BODY, nextflow: { ...A_BLOCK, 'instance-type': 'm5.large' } })).status).toBe(202);
  expect(started()).toBe(2);
});

test('a call whose workspace was parked meanwhile does not bring it back; a new start does', async () => {
  const { launch, succeed, park, started } = worldOf();
  await launch('a');
  await launch('b');
  await succeed();
  await launch('b');
  await park();
  expect(await launch('a')).toMatchObject({
    status: 409,
    body: { code: 'LaunchOver', detail: expect.stringContaining('is over') },
  });
  expect(started()).toBe(1);
  expect((await launch('c')).status).toBe(202);
  expect(started()).toBe(2);
});

describe.each([
  ['with an Idempotency-Key', 'a'],
  ['without', null],
])('a launch that failed, %s', (_, key) => {
  test('is told to each call that asked for it, at whatever process, and once', async () => {
    const { launch, fail, started } = worldOf();
    await launch(key);
    if (key !== null) await launch('b');
    await fail();
    expect(await launch(key)).toMatchObject({ status: 409, body: { code: 'QuotaExceeded' } });
    if (key !== null) expect(await launch('b')).toMatchObject({ status: 409, body: { code: 'QuotaExceeded' } });
    expect(started()).toBe(1);
    expect((await launch(key)).status).toBe(202);
    expect(started()).toBe(2);
  });

  test.each([11, 60, 23 * 60])('%i minutes later the same call launches at once', async (minutes) => {
    const { launch, fail, started, clock } = worldOf();
    await launch(key);
    await fail();
    clock.now += minutes * MINUTE_MS;
    expect((await launch(key)).status).toBe(202);
    expect(started()).toBe(2);
  });
});

test('a failed relaunch is told to who asked for it; who has the key of the launch before keeps it', async () => {
  const { launch, succeed, fail, started } = worldOf();
  await launch('a');
  await succeed();
  const first = await launch('a');
  await launch('b');
  await fail();
  expect((await launch('a')).body).toEqual(first.body);
  expect(await launch('b')).toMatchObject({ status: 409, body: { code: 'QuotaExceeded' } });
  expect(started()).toBe(2);
});

test.each([2, 5, 20])(
  '%i calls at once, all of other starts: one launch, one key, and nobody is refused',
  async (count) => {
    const { launch, succeed, started } = worldOf();
    const keys = Array.from({ length: count }, (_, nth) => `key-${nth}`);
    const joined = await Promise.all(keys.map((key) => launch(key)));
    expect(joined.map(({ status }) => status)).toEqual(keys.map(() => 202));
    await succeed();
    const ended = await Promise.all(keys.map((key) => launch(key)));
    expect(ended.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(new Set(ended.map(({ text }) => text)).size).toBe(1);
    expect(started()).toBe(1);
  },
);

test('calls that wait are told too, at the same moment', async () => {
  const { rig, launch, started } = worldOf();
  let looks = 0;
  rig.workflows.afterDescribe = () => {
    looks += 1;
    if (looks === 12) void rig.finish('alice');
  };
  const wait = (key: string) =>
    rig.call('hatchery', 'POST', '/hatchery/launch', BODY, { 'idempotency-key': key, prefer: 'wait=60' });
  const answers = await Promise.all(['a', 'b', 'c'].map(wait));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect((await launch('a')).status).toBe(200);
  expect(started()).toBe(1);
});

/** What there may be when equal calls come at once. */
const BEFORE = ['nothing', 'a launch', 'a launch that ended', 'a launch that failed', 'a parked workspace'] as const;

test('equal calls at once are answered alike, whichever of them comes to look or to write first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.constantFrom(...BEFORE),
      fc.constantFrom('a', null),
      fc.integer({ min: 2, max: 4 }),
      async (scheduler, before, key, count) => {
        const { rig, launch, succeed, fail, park, started } = worldOf({ ticks: true });
        if (before !== 'nothing') await launch(key);
        if (before === 'a launch that ended' || before === 'a parked workspace') await succeed();
        if (before === 'a launch that failed') await fail();
        if (before === 'a parked workspace') await park();
        const launches = started();
        const send = rig.s3.send as (command: unknown) => Promise<unknown>;
        let begun = 0;
        const inTurn = (command: unknown) => {
          begun += 1;
          return scheduler.schedule(Promise.resolve()).then(() => send(command));
        };
        rig.s3.send = inTurn as typeof rig.s3.send;
        const calls = Promise.all(Array.from({ length: count }, () => launch(key)));
        // Each has come as far as its first look.
        while (begun < count) await new Promise(setImmediate);
        const answers = await scheduler.waitFor(calls);
        expect(new Set(answers.map(({ status }) => status)).size, answers.map(({ text }) => text).join('\n')).toBe(1);
        expect(started() - launches).toBeLessThanOrEqual(1);
        if (before !== 'a launch that failed') return;
        expect(answers[0]).toMatchObject({ status: 409, body: { code: 'QuotaExceeded' } });
        expect(started()).toBe(launches);
        // Who comes after they were told asks for another launch.
        expect((await scheduler.waitFor(launch(key))).status).toBe(202);
      },
    ),
    { numRuns: 60, ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}) },
  );
});

type Action =
  | { readonly do: 'call'; readonly keys: readonly (string | null)[] }
  | { readonly do: 'succeed' | 'fail' | 'park' }
  | { readonly do: 'wait'; readonly minutes: number };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('call' as const),
        keys: fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('succeed' as const, 'fail' as const, 'park' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 30 }) }) },
  ),
  { minLength: 6, maxLength: 20, size: 'max' },
);

/** With a body that is valid. */
const DOCUMENTED = new Set<number>([200, 202, 409, 410]);

test('whatever calls come in whatever order: a key in use is replaced only for a start that is new', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (script) => {
      const { clock, launch, underWay, started, succeed, fail, park } = worldOf();
      const seen = new Set<string | null>();
      /** Starts that wait for the launch under way; and those that have yet to be told that theirs failed, with the time since when. */
      const waiting = new Set<string | null>();
      const untold = new Map<string | null, number>();
      let inUse: unknown;
      for (const action of script) {
        if (action.do === 'wait') clock.now += action.minutes * MINUTE_MS;
        else if (action.do === 'call') {
          const before = started();
          // A failure that is not heard of in time is not told any more: the same start launches again.
          for (const [key, since] of untold) if (clock.now - since > 10 * MINUTE_MS) seen.delete(key);
          const answers = await Promise.all(action.keys.map((key) => launch(key)));
          // Of the same start twice at once one may be told of the failure, and the other is then tried again.
          const isTold = (key: string | null, nth: number) => untold.has(key) && action.keys.indexOf(key) < nth;
          const isNew = action.keys.some((key, nth) => key !== null && (!seen.has(key) || isTold(key, nth)));
          for (const { status } of answers) expect(DOCUMENTED).toContain(status);
          expect(started() - before).toBeLessThanOrEqual(1);
          if (inUse !== undefined && !isNew) expect(started()).toBe(before);
          for (const [index, answer] of answers.entries()) {
            const key = action.keys[index] ?? null;
            untold.delete(key);
            if (answer.status === 202) waiting.add(key);
            if (answer.status === 202 || answer.status === 200) seen.add(key);
            // A failure is told once: the same start may then be tried again.
            if (answer.status === 409) seen.delete(key);
            if (answer.status !== 200) continue;
            inUse ??= keyIn(answer);
            expect(keyIn(answer)).toBe(inUse);
          }
          // Answers at the same moment as a new start may still be the key of the launch before.
          if (started() > before) inUse = undefined;
        } else if (started() === 0) continue;
        else if (action.do === 'park') {
          if (!underWay()) {
            await park();
            inUse = undefined;
          }
        } else if (underWay()) {
          if (action.do === 'fail') for (const key of waiting) untold.set(key, clock.now);
          waiting.clear();
          await (action.do === 'succeed' ? succeed() : fail());
        }
      }
    }),
    { numRuns: 40, ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}) },
  );
});

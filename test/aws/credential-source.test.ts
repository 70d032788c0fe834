/** One source of credentials for everything that calls AWS, and for what the S3 endpoint sends up. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Credentials, createCredentialSource } from '#aws/credential-source.ts';

const MINUTE_MS = 60_000;
const LIFE_MS = 60 * MINUTE_MS;

/** A provider by hand, with a clock of its own; the nth answer is `key-n`. */
const worldOf = (neededMs?: number) => {
  const clock = { now: 1_000_000 };
  const waiting: PromiseWithResolvers<Credentials>[] = [];
  let asked = 0;
  const source = createCredentialSource(
    () => {
      asked += 1;
      const one = Promise.withResolvers<Credentials>();
      waiting.push(one);
      return one.promise;
    },
    { now: () => clock.now, ...(neededMs !== undefined && { neededMs }) },
  );
  const answer = async (): Promise<void> => {
    waiting
      .shift()
      ?.resolve({ accessKeyId: `key-${asked}`, secretAccessKey: 's', expiration: new Date(clock.now + LIFE_MS) });
    await settled();
  };
  const refuse = async (): Promise<void> => {
    waiting.shift()?.reject(new Error('not now'));
    await settled();
  };
  return { clock, source, answer, refuse, asked: () => asked, waiting };
};

/** What was answered has reached whoever waits. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const held = ({ source }: ReturnType<typeof worldOf>): string => {
  const now = source.current();
  if (now instanceof Promise) throw new Error('somebody has to wait');
  return now.accessKeyId;
};

test('one request at a time, however many wait, and none while they are good', async () => {
  const world = worldOf();
  const first = [world.source.current(), world.source.current()];
  await world.answer();
  expect((await Promise.all(first)).map(({ accessKeyId }) => accessKeyId)).toEqual(['key-1', 'key-1']);
  world.clock.now += LIFE_MS - 6 * MINUTE_MS;
  expect(held(world)).toBe('key-1');
  expect(world.asked()).toBe(1);
});

test.each([undefined, 5 * MINUTE_MS])('needed for %s more: renewed ahead, in the background', async (neededMs) => {
  const world = worldOf(neededMs);
  void world.source.current();
  await world.answer();
  world.clock.now += LIFE_MS - (neededMs ?? 0) - 4 * MINUTE_MS;
  expect(held(world)).toBe('key-1');
  await world.answer();
  expect(held(world)).toBe('key-2');
  expect(world.asked()).toBe(2);
});

test('where no renewal came in time, callers wait: what is about to expire is given to nobody', async () => {
  const world = worldOf(5 * MINUTE_MS);
  void world.source.current();
  await world.answer();
  world.clock.now += LIFE_MS - 5 * MINUTE_MS;
  const late = world.source.current();
  expect(late).toBeInstanceOf(Promise);
  await world.answer();
  expect((await late).accessKeyId).toBe('key-2');
});

test('a failure is not kept', async () => {
  const world = worldOf();
  const failing = world.source.current();
  await Promise.all([world.refuse(), expect(failing).rejects.toThrow('not now')]);
  const again = world.source.current();
  await world.answer();
  expect((await again).accessKeyId).toBe('key-2');
});

test('what was asked before they were forgotten is not kept', async () => {
  const world = worldOf();
  const before = world.source.current();
  world.source.forget();
  const after = world.source.current();
  await world.answer();
  await world.answer();
  await Promise.all([before, after]);
  expect(world.asked()).toBe(2);
  expect(held(world)).toBe('key-2');
});

test('whatever happens in whatever order: none is given that has expired, and nobody asks twice at once', async () => {
  const event = fc.oneof(
    fc.record({ do: fc.constantFrom('current' as const, 'renew' as const, 'answer' as const, 'refuse' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: LIFE_MS }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 40, size: 'max' }),
      fc.constantFrom(0, 5 * MINUTE_MS),
      async (events, neededMs) => {
        const world = worldOf(neededMs);
        for (const one of events) {
          if (one.do === 'wait') world.clock.now += one.ms;
          else if (one.do === 'answer') await world.answer();
          else if (one.do === 'refuse') await world.refuse();
          else {
            const given = one.do === 'current' ? world.source.current() : world.source.renew();
            const at = world.clock.now;
            if (given instanceof Promise)
              given.then(
                ({ expiration }) => expect(Number(expiration)).toBeGreaterThan(at + neededMs),
                (error: Error) => expect(error.message).toBe('not now'),
              );
            else expect(Number(given.expiration)).toBeGreaterThan(world.clock.now + neededMs);
          }
          expect(world.waiting.length).toBeLessThanOrEqual(1);
        }
        while (world.waiting.length > 0) await world.refuse();
      },
    ),
  );
});

import { expect, test } from 'vitest';
import { createSteadyClock } from '#identity/steady-clock.ts';
import { createRandom } from '../s3/support/random.ts';

const HOUR = 3_600_000;

const setUp = () => {
  const time = { wall: 1_700_000_000_000, elapsed: 0 };
  const setBacks: number[] = [];
  const clock = createSteadyClock({
    wall: () => time.wall,
    elapsed: () => time.elapsed,
    onSetBack: (byMs) => void setBacks.push(byMs),
  });
  const pass = (ms: number): void => {
    time.wall += ms;
    time.elapsed += ms;
  };
  return { time, clock, pass, setBacks };
};

test('is the wall clock as long as that goes on', () => {
  const { time, clock, pass, setBacks } = setUp();
  for (const ms of [0, 1, 1_000, HOUR]) {
    pass(ms);
    expect(clock()).toBe(time.wall);
  }
  expect(setBacks).toEqual([]);
});

test('set back, it goes on from where it was, says so once, and is the wall clock again once that has caught up', () => {
  const { time, clock, pass, setBacks } = setUp();
  const before = clock();
  time.wall -= HOUR;
  pass(10_000);
  expect(clock()).toBe(before + 10_000);
  pass(10_000);
  expect(clock()).toBe(before + 20_000);
  expect(setBacks).toEqual([HOUR]);
  time.wall += HOUR;
  expect(clock()).toBe(time.wall);
  time.wall -= 2 * HOUR;
  clock();
  expect(setBacks).toHaveLength(2);
});

test('a machine that slept: the wall clock is ahead of what has passed', () => {
  const { time, clock } = setUp();
  time.wall += HOUR;
  expect(clock()).toBe(time.wall);
});

test('whatever is done to the wall clock, what was past stays past and nothing lasts longer', () => {
  const seed = Date.now() % 1_000_000;
  const { below } = createRandom(seed);
  const random = (): number => below(1_000_000) / 1_000_000;
  const { time, clock, pass } = setUp();
  let last = clock();
  for (let step = 0; step < 5_000; step++) {
    const ms = Math.floor(random() * 10_000);
    const jump = random() < 0.3 ? Math.floor((random() - 0.5) * 2 * HOUR) : 0;
    pass(ms);
    time.wall += jump;
    const now = clock();
    expect(now - last, `seed ${seed}, step ${step}`).toBeGreaterThanOrEqual(ms);
    expect(now, `seed ${seed}, step ${step}`).toBeGreaterThanOrEqual(time.wall);
    last = now;
  }
});

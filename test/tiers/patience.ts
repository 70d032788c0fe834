/**
 * How long every tier waits, which is for what hangs and never a judgement of speed: on a busy machine all takes several
 * times as long. A test has a shorter limit where that is what it asserts: what has to end, and what must not wait.
 */
export const PATIENCE = {
  expect: { poll: { timeout: 60_000 } },
  testTimeout: 900_000,
  hookTimeout: 600_000,
  // A failure is told with the whole of what was compared.
  chaiConfig: { truncateThreshold: 2_000 },
};

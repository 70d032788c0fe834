import { defineConfig } from 'vitest/config';

/** What `npm test` leaves to the other tiers, which CI runs too. */
const ELSEWHERE = [
  'test/long/**',
  'test/activities/**',
  'test/sandbox/*.test.ts',
  'test/s3/clients/**',
  'test/s3/soak/**',
  'test/network/**',
];

/** The main tier: decisions, workflows, API, command line, and whole launches in the sandbox. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ELSEWHERE,
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
    // A condition that is waited for comes later on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

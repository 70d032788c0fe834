import { defineConfig } from 'vitest/config';

/** The suites that take longer than a developer waits: fault matrices, kills, leaks. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
    // A condition that is waited for comes later on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 600_000,
    // At its end a matrix replays all that ran.
    hookTimeout: 600_000,
  },
});

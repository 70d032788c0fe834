import { defineConfig } from 'vitest/config';

/** Each AWS resource by itself, and each rule of the sandbox: many small tests with an account each. */
export default defineConfig({
  test: {
    include: ['test/activities/**/*.test.ts', 'test/sandbox/**/*.test.ts'],
    // Half of the time of a small file goes into loading the AWS SDK: the files of a worker share it, and keep no state.
    isolate: false,
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
    // A condition that is waited for comes later on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

/** Each AWS resource by itself, and each rule of the sandbox: many small tests with an account each. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: ['test/activities/**/*.test.ts', 'test/sandbox/**/*.test.ts'],
    // Half of the time of a small file goes into loading the AWS SDK: the files of a worker share it, and keep no state.
    isolate: false,
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
  },
});

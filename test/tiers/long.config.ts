import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

/** The suites that take longer than a developer waits: fault matrices, kills, leaks. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
  },
});

import { defineConfig } from 'vitest/config';

/** Each AWS resource by itself, and each rule of the sandbox: many small tests with an account each. */
export default defineConfig({
  test: {
    include: ['test/activities/**/*.test.ts', 'test/sandbox/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});

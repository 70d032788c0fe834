import { defineConfig } from 'vitest/config';

/** What `npm test` runs. Suites in `test/long` and those that need peers from outside run in CI. */
export const LONG = ['test/long/**', 'test/s3/versitygw/**', 'test/s3/clients/**', 'test/s3/soak/**'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: LONG,
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

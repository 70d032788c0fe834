import { defineConfig } from 'vitest/config';

/** What makes a load of its own and judges by it: beside other suites it would judge those. */
export default defineConfig({
  test: {
    include: ['test/load/**/*.test.ts'],
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});

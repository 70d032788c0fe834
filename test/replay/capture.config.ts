import { defineConfig } from 'vitest/config';

/** Not a tier: `node scripts/run.mjs scripts/capture-histories.ts` uses it to record histories anew. */
export default defineConfig({
  test: {
    include: ['test/replay/capture-histories.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});

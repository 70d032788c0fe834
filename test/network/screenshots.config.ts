import { defineConfig } from 'vitest/config';

/** For scripts/screenshots.ts. */
export default defineConfig({
  test: {
    include: ['test/network/take-screenshots.ts'],
    expect: { poll: { timeout: 120_000 } },
    testTimeout: 600_000,
    hookTimeout: 180_000,
  },
});

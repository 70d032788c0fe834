import { defineConfig } from 'vitest/config';

/** Real clients against versitygw, directly and through the proxy. Set up by setup.sh. */
export default defineConfig({
  test: { include: ['test/s3/clients/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
});

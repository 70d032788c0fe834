import { defineConfig } from 'vitest/config';

/** The cases again, with versitygw v1.7.0 as the strict upstream (.eyrie/go/bin/versitygw, or VERSITYGW). */
export default defineConfig({
  test: {
    include: ['test/s3/cases/**/*.test.ts', 'test/s3/versitygw/**/*.test.ts'],
    env: { S3_UPSTREAM: 'versitygw' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from 'vitest/config';

/** A long run with aborts, against versitygw. SOAK_REQUESTS sets its length. */
export default defineConfig({ test: { include: ['test/s3/soak/**/*.test.ts'] } });

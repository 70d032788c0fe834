import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

/** What makes a load of its own and judges by it: beside other suites it would judge those. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: ['test/load/**/*.test.ts'],
  },
});

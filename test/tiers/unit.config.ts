import { defineConfig } from 'vitest/config';

/** Tests that need no server: they run on any machine in seconds. */
export default defineConfig({
  test: {
    include: ['test/{domain,aws,api,config,docs,architecture,replay}/**/*.test.ts', 'test/cli/*.test.ts'],
    exclude: ['test/cli/dev.test.ts', 'test/domain/published-roles.test.ts'],
    // A condition that is waited for comes later on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 120_000,
  },
});

import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';

const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const missing = [
  'squid',
  'ip',
  'iptables',
  'curl',
  'openssl',
  'shellcheck',
  'promtool',
  'chromium',
  'zsh',
  'fish',
].filter((program) => !isThere(program));
if (missing.length > 0) {
  throw new Error(`not installed: ${missing.join(', ')}; run \`bash test/network/setup.sh\``);
}
if (process.getuid?.() !== 0) throw new Error('network namespaces need root: run the tier as root');

/** The scripts of the instances, run as far as they go without AWS: a real Squid between network namespaces. */
export default defineConfig({
  test: {
    include: ['test/network/**/*.test.ts'],
    // A condition that is waited for comes later on a busy machine.
    expect: { poll: { timeout: 60_000 } },
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

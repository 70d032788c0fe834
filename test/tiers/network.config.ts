import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

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
    ...PATIENCE,
    include: ['test/network/**/*.test.ts'],
  },
});

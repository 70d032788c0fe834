import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const isInstalled = (path: string): boolean =>
  existsSync(fileURLToPath(new URL(`../../.eyrie/${path}`, import.meta.url)));

const missing = [
  ...['buildah', 'mmdebstrap', 'unshare', 'systemd-analyze'].filter((program) => !isThere(program)),
  ...['deploy/bin/hadolint', 'go/bin/helm', 'go/temporal/server'].filter((path) => !isInstalled(path)),
];
if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}; run \`bash test/deploy/setup.sh\``);
if (process.getuid?.() !== 0) throw new Error('images are built and mounted as root: run the tier as root');

/** What is deployed: the image, the chart, the units, a release. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: ['test/deploy/**/*.test.ts'],
  },
});

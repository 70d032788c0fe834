import { globSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What stands with the unit tests and needs the sandbox: `npm test` alone runs it. */
const WITH_SERVERS = [
  'test/aws/{clients,default-chain,denial}.test.ts',
  'test/cli/dev.test.ts',
  'test/domain/{hatchery-deployment,published-roles}.test.ts',
];

/** Each file by its name, so that `npm test` can leave the same ones out elsewhere. */
export const UNIT_FILES = globSync(
  ['test/{domain,aws,api,tes,config,docs,architecture,replay}/**/*.test.ts', 'test/cli/*.test.ts'],
  { cwd: ROOT, exclude: WITH_SERVERS },
).toSorted();

/** Tests that need no server: they run on any machine in seconds. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: UNIT_FILES,
    // Half of the time goes into loading the same modules: the files of a worker share them, and keep no state in them.
    isolate: false,
    // Some of them wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
  },
});

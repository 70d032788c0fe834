import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

const NEEDED = [
  'go/bin/funnel',
  'go/bin/hatchery-stub',
  'go/bin/minio-run',
  'go/bin/versitygw',
  'nextflow/dependency',
  's3-clients/bin/s5cmd',
  's3-java/dependency',
  's3-sdks/bin/python',
  'tes/bin/schemathesis',
].map((path) => `../../.eyrie/${path}`);
const missing = NEEDED.filter((path) => !existsSync(fileURLToPath(new URL(path, import.meta.url))));
if (missing.length > 0) {
  throw new Error(
    'the clients are not installed: run `bash test/s3/clients/setup.sh` (it needs Go, Maven, a JDK and Debian packages)',
  );
}

const CASES = ['test/s3/cases/**/*.test.ts'];
const FUZZ = ['test/s3/frames.test.ts', 'test/s3/upstream/response-parser.test.ts'];

/** The S3 endpoint in front of versitygw, under real clients, under load, and a hundred thousand broken bodies; FUZZ_CASES and SOAK_REQUESTS ask for more. */
export default defineConfig({
  test: {
    ...PATIENCE,
    // One after the other: the load would disturb the rest.
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'versitygw', include: CASES, env: { S3_UPSTREAM: 'versitygw' } } },
      { extends: true, test: { name: 'clients', include: ['test/s3/clients/**/*.test.ts'] } },
      { extends: true, test: { name: 'fuzz', include: FUZZ, env: { FUZZ_CASES: process.env.FUZZ_CASES ?? '100000' } } },
      { extends: true, test: { name: 'soak', include: ['test/s3/soak/**/*.test.ts'] } },
    ],
  },
});

import { configDefaults, defineConfig } from 'vitest/config';
import { PATIENCE } from './test/tiers/patience.ts';
import { SAGA_FILES } from './test/tiers/sagas.config.ts';
import { UNIT_FILES } from './test/tiers/unit.config.ts';

/** What `npm test` leaves to the other tiers, which CI runs too. */
const ELSEWHERE = [
  ...SAGA_FILES,
  'test/long/**',
  'test/load/**',
  'test/activities/**',
  'test/sandbox/**',
  'test/s3/clients/**',
  'test/s3/soak/**',
  'test/network/**',
  'test/deploy/**',
];

/** The data path: of all servers it needs an AWS with S3 alone. */
const S3 = ['test/s3/**/*.test.ts'];

/** The main tier: decisions, API, command line, the data path, and launches with what may happen to them. */
export default defineConfig({
  test: {
    ...PATIENCE,
    // Tests wait for servers more than they work: two cores have time for three.
    maxWorkers: 3,
    projects: [
      // As the unit tier runs them: without servers, in workers that load what they share once.
      { extends: true, test: { name: 'unit', include: UNIT_FILES, isolate: false } },
      {
        extends: true,
        test: {
          name: 's3',
          include: S3,
          exclude: [...configDefaults.exclude, ...ELSEWHERE],
          isolate: false,
          globalSetup: ['test/support/aws-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ELSEWHERE, ...UNIT_FILES, ...S3],
          isolate: false,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});

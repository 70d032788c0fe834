/** Where a sweep looks, as the configuration has it. */
import { environmentOf } from '#domain/core/escaping.ts';
import type { SweepSettings } from '#domain/sweep/sweep.ts';
import { timingOf } from './derived.ts';
import type { Config } from './schema.ts';

export const sweepSettingsOf = (config: Pick<Config, 'environment' | 'aws' | 'timing' | 'compute'>): SweepSettings => {
  const environment = environmentOf(config.environment);
  return {
    environment,
    home: { accountId: config.aws.accountId ?? null, region: config.aws.region },
    prefixes: {
      own: [`${environment}-nf-`, `gen3wf-${environment}-`],
      // The host's name is cut where a user's name leaves no room for it, and a forge's id names no environment.
      shared: ['gen3wf-', `${config.compute.namePrefix}-`],
    },
    timing: timingOf(config),
  };
};

/** Values that follow from the configuration, in the form in which the code below the roots wants them. */
import { scaleTiming, type Timing } from '#domain/timing.ts';
import type { LaunchSettings } from '#domain/workspace/input.ts';
import type { Config } from './schema.ts';

export const timingOf = ({ timing }: Pick<Config, 'timing'>): Timing =>
  scaleTiming(
    {
      propagationMs: timing.propagationSeconds * 1000,
      lookEveryMs: timing.lookEverySeconds * 1000,
      undoGiveUpMs: timing.undoGiveUpSeconds * 1000,
      expectedScale: 1,
      keyGraceMs: timing.keyGraceMinutes * 60_000,
    },
    timing.scale,
  );

export const settingsOf = ({ squid, vpcCidr }: Pick<Config, 'squid' | 'vpcCidr'>): LaunchSettings => ({
  squid,
  vpcCidr,
});

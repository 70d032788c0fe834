/** Hatchery's own configuration in `eyrie dev`: its containers can be launched as they are. */
import { resolve } from 'node:path';
import { type HatcheryFile, readHatcheryFile } from '#config/hatchery-file.ts';
import type { Overrides } from './config-file.ts';

export interface DevHatchery extends HatcheryFile {
  /** Absolute: a worker that joins may have been started elsewhere. */
  readonly path: string;
}

/** @throws ConfigError where it is not usable. */
export const readHatchery = (flag: string | undefined, overrides: Overrides | undefined): DevHatchery | undefined => {
  const named = (overrides?.yaml.value as { readonly hatcheryConfig?: unknown } | null | undefined)?.hatcheryConfig;
  const file = flag ?? (typeof named === 'string' ? named : undefined);
  return file === undefined ? undefined : { path: resolve(file), ...readHatcheryFile(file) };
};

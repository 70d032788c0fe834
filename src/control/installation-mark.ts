/** What tells an installation from every other one, even from one whose control bucket has the same name. */
import { randomUUID } from 'node:crypto';
import type { Claimant } from '#domain/core/environment-claim.ts';
import { installationMarkKey } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

interface Mark {
  readonly mark: string;
  /** ISO time at which it was made. */
  readonly at: string;
}

export type InstallationMark = ReturnType<typeof createInstallationMark>;

export const createInstallationMark = (objects: Objects, controlBucket: string, now: () => number) => {
  const find = async (environment: string): Promise<Claimant | undefined> => {
    const stored = await objects.read(installationMarkKey(environment));
    return stored && { controlBucket, mark: (JSON.parse(stored.body) as Mark).mark };
  };

  return {
    find,

    /** Made by whoever asks first. */
    async ensure(environment: string): Promise<Claimant> {
      const found = await find(environment);
      if (found) return found;
      const made: Mark = { mark: randomUUID(), at: new Date(now()).toISOString() };
      try {
        await objects.create(installationMarkKey(environment), JSON.stringify(made));
        return { controlBucket, mark: made.mark };
      } catch (error) {
        const first = error instanceof WriteConflict ? await find(environment) : undefined;
        if (first) return first;
        throw error;
      }
    },
  };
};

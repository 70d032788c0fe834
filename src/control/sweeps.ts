/** What sweeps of an environment keep: the last one's report, and when each thing was first seen left over. */
import type { SweepReport } from '#domain/sweep/sweep.ts';
import { sweepKey } from './keys.ts';
import type { Objects } from './objects.ts';

/** ISO time by place. */
export type FirstSeen = Readonly<Record<string, string>>;

export type Sweeps = ReturnType<typeof createSweeps>;

export const createSweeps = (objects: Objects) => {
  const read = async <T>(key: string): Promise<T | undefined> => {
    const stored = await objects.read(key);
    return stored && (JSON.parse(stored.body) as T);
  };

  return {
    async firstSeen(environment: string): Promise<FirstSeen> {
      return (await read<FirstSeen>(sweepKey(environment, 'first-seen'))) ?? {};
    },

    /** Replaces what was there. */
    async writeFirstSeen(environment: string, seen: FirstSeen): Promise<void> {
      await objects.put(sweepKey(environment, 'first-seen'), JSON.stringify(seen));
    },

    async latest(environment: string): Promise<SweepReport | undefined> {
      return await read<SweepReport>(sweepKey(environment, 'latest'));
    },

    async writeLatest(environment: string, report: SweepReport): Promise<void> {
      await objects.put(sweepKey(environment, 'latest'), JSON.stringify(report));
    },
  };
};

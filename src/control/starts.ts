/**
 * Calls that launched or joined a launch on behalf of a workspace start, so that the same call made again, at whatever
 * process of the API, is known for a repetition and gets the outcome of that launch, and not another launch.
 */
import { createHash } from 'node:crypto';
import type { SubjectRef } from '#domain/core/subject.ts';
import { startKey, startsPrefix } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

/** Longer than any client goes on asking. */
const KEPT_MS = 24 * 60 * 60_000;

export interface Start {
  /** The launch that was under way when the call was made first; null where there was none: its key was ready. */
  readonly runId: string | null;
  /** ISO time of the first call. */
  readonly at: string;
  /** ISO time at which a call was first told that the launch had failed. */
  readonly toldAt?: string;
}

export type Starts = ReturnType<typeof createStarts>;

export const createStarts = (objects: Objects, now: () => number) => {
  const readAt = async (key: string): Promise<Start | undefined> => {
    const stored = await objects.read(key);
    return stored && (JSON.parse(stored.body) as Start);
  };
  const isOld = ({ at }: Start): boolean => now() - Date.parse(at) > KEPT_MS;
  const keyOf = (of: SubjectRef, call: string): string => startKey(of, createHash('sha256').update(call).digest('hex'));

  return {
    /** `call`: who asks for what; only a hash of it is kept. */
    async read(of: SubjectRef, call: string): Promise<Start | undefined> {
      const start = await readAt(keyOf(of, call));
      return start && !isOld(start) ? start : undefined;
    },

    /** Forgets old calls of the same workspace on the way. */
    async write(of: SubjectRef, call: string, runId: string | null): Promise<void> {
      const own = keyOf(of, call);
      await objects.put(own, JSON.stringify({ runId, at: new Date(now()).toISOString() } satisfies Start));
      for (const key of await objects.listAll(startsPrefix(of))) {
        const start = key === own ? undefined : await readAt(key);
        if (start && isOld(start)) await objects.remove(key);
      }
    },

    /** That it failed is told: the next same call is a new one. Those that came before hear the same, whoever is the first. */
    async tell(of: SubjectRef, call: string, start: Omit<Start, 'toldAt'>): Promise<void> {
      const key = keyOf(of, call);
      const stored = await objects.read(key);
      const known = stored && (JSON.parse(stored.body) as Start);
      if (known && (known.runId !== start.runId || known.toldAt !== undefined)) return;
      const told = JSON.stringify({ ...start, toldAt: new Date(now()).toISOString() } satisfies Start);
      try {
        await (stored ? objects.replace(key, told, stored.etag) : objects.create(key, told));
      } catch (error) {
        // Another call has told it, or has begun another launch meanwhile.
        if (!(error instanceof WriteConflict)) throw error;
      }
    },
  };
};

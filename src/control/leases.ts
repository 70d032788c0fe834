/**
 * Leases: which tasks hold a key. A task that nobody tells the end of holds it for as long as it was promised, no longer.
 */
import type { SubjectRef } from '#domain/core/subject.ts';
import { leaseKey, leasesPrefix } from './keys.ts';
import type { Objects } from './objects.ts';

export interface LeaseNote {
  readonly task: string;
  readonly accessKeyId: string;
  /** ISO times. */
  readonly takenAt: string;
  readonly until: string;
}

export type Leases = ReturnType<typeof createLeases>;

/** Reads of one look, at once. */
const READ_AT_ONCE = 16;

export const createLeases = (objects: Objects, now: () => number) => {
  const readAt = async (key: string): Promise<LeaseNote | undefined> => {
    const stored = await objects.read(key);
    return stored && (JSON.parse(stored.body) as LeaseNote);
  };

  return {
    /** Taken again, it begins anew. `forMs`: at most that long. */
    async take(of: SubjectRef, accessKeyId: string, { task, forMs }: { task: string; forMs: number }): Promise<void> {
      const takenAt = now();
      const note: LeaseNote = {
        task,
        accessKeyId,
        takenAt: new Date(takenAt).toISOString(),
        until: new Date(takenAt + forMs).toISOString(),
      };
      await objects.put(leaseKey(of, accessKeyId, task), JSON.stringify(note));
    },

    /** Absent is success. */
    async release(of: SubjectRef, accessKeyId: string, task: string): Promise<void> {
      await objects.remove(leaseKey(of, accessKeyId, task));
    },

    /** Those that hold the key now, at most `max` of them. Those whose time is over are removed on the way. */
    async live(of: SubjectRef, accessKeyId: string, max: number): Promise<LeaseNote[]> {
      const prefix = leasesPrefix(of, accessKeyId);
      const found: LeaseNote[] = [];
      for (let after: string | undefined; ; ) {
        const { keys, more } = await objects.list(prefix, after, READ_AT_ONCE);
        const notes = await Promise.all(keys.map(readAt));
        for (const [index, note] of notes.entries()) {
          const key = keys[index] ?? '';
          after = key;
          if (note && Date.parse(note.until) > now()) found.push(note);
          else if (note) await objects.remove(key);
          if (found.length === max) return found;
        }
        if (!more || keys.length === 0) return found;
      }
    },

    /** The key is gone. */
    async dropAll(of: SubjectRef, accessKeyId: string): Promise<void> {
      for (const key of await objects.listAll(leasesPrefix(of, accessKeyId))) await objects.remove(key);
    },
  };
};

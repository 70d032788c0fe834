/** What is kept of the keys of a subject besides its record: seals, claims, leases and intents. */
import type { SubjectRef } from '#domain/core/subject.ts';
import { tracesPrefixes } from './keys.ts';
import type { Objects } from './objects.ts';

export type Traces = ReturnType<typeof createTraces>;

export const createTraces = (objects: Pick<Objects, 'listAll' | 'remove'>) => ({
  /** All of it, of whatever keys. Absent is success. */
  async removeAll(of: SubjectRef): Promise<void> {
    for (const prefix of tracesPrefixes(of)) {
      for (const key of await objects.listAll(prefix)) await objects.remove(key);
    }
  },
});

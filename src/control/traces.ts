/** What is kept of a subject besides its record: seals, claims, leases and intents of its keys, and its tokens. */
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import { environmentHeldPrefixes, heldPrefixes, parseHeldKey, tracesPrefixes } from './keys.ts';
import type { Objects } from './objects.ts';

export type Traces = ReturnType<typeof createTraces>;

export const createTraces = (objects: Pick<Objects, 'listAll' | 'remove'>) => {
  const removeUnder = async (prefixes: readonly string[]): Promise<void> => {
    for (const prefix of prefixes) {
      for (const key of await objects.listAll(prefix)) await objects.remove(key);
    }
  };

  return {
    /** All of it, of whatever keys. Absent is success. */
    removeAll: (of: SubjectRef): Promise<void> => removeUnder(tracesPrefixes(of)),

    /** Each subject of the environment that has tokens or leases, once. */
    async holders(environment: string): Promise<SubjectRef[]> {
      const holders = new Map<string, SubjectRef>();
      for (const prefix of environmentHeldPrefixes(environment)) {
        for (const key of await objects.listAll(prefix)) {
          const of = parseHeldKey(key);
          if (of) holders.set(subjectWorkflowId(of), of);
        }
      }
      return [...holders.values()];
    },

    /** Its tokens and leases. Absent is success. */
    removeHeld: (of: SubjectRef): Promise<void> => removeUnder(heldPrefixes(of)),
  };
};

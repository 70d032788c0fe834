/**
 * Intents: written before a call that makes something which has neither a token nor a unique name. While one is not
 * settled, a call may be under way or its effect not yet visible, so "not found" proves nothing.
 */
import { intentKey } from './keys.ts';
import type { Objects } from './objects.ts';

export interface Intent {
  /** ISO time just before the call. */
  readonly at: string;
  /** True once the outcome of the call is known. */
  readonly settled: boolean;
  /** What was there before the first call, by id. */
  readonly known?: readonly string[];
}

export type Intents = ReturnType<typeof createIntents>;

/** Names are paths such as `<workspace>/<launch>/vpc`. */
export const createIntents = (objects: Objects) => {
  const read = async (name: string): Promise<Intent | undefined> => {
    const stored = await objects.read(intentKey(name));
    return stored && (JSON.parse(stored.body) as Intent);
  };

  return {
    read,

    /** Replaces what was there; not settled unless it says so. */
    async write(name: string, intent: Omit<Intent, 'settled'> & { readonly settled?: boolean }): Promise<void> {
      await objects.put(intentKey(name), JSON.stringify({ settled: false, ...intent }));
    },

    /** The outcome is known now. Without an intent there is nothing to settle. */
    async settle(name: string): Promise<void> {
      const intent = await read(name);
      if (intent && !intent.settled) {
        await objects.put(intentKey(name), JSON.stringify({ ...intent, settled: true }));
      }
    },

    /** Absent is success. */
    async remove(name: string): Promise<void> {
      await objects.remove(intentKey(name));
    },
  };
};

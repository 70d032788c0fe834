/**
 * Intents: written before a call that makes something which has neither a token nor a unique name. While one is not
 * settled, a call may be under way or its effect not yet visible, so "not found" proves nothing.
 */
import type { IntentRef } from '#domain/core/intent.ts';
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

export const createIntents = (objects: Objects) => {
  const read = async (ref: IntentRef): Promise<Intent | undefined> => {
    const stored = await objects.read(intentKey(ref));
    return stored && (JSON.parse(stored.body) as Intent);
  };

  return {
    read,

    /** Replaces what was there; not settled unless it says so. */
    async write(ref: IntentRef, intent: Omit<Intent, 'settled'> & { readonly settled?: boolean }): Promise<void> {
      await objects.put(intentKey(ref), JSON.stringify({ settled: false, ...intent }));
    },

    /** The outcome is known now. Without an intent there is nothing to settle. */
    async settle(ref: IntentRef): Promise<void> {
      const intent = await read(ref);
      if (intent && !intent.settled) {
        await objects.put(intentKey(ref), JSON.stringify({ ...intent, settled: true }));
      }
    },

    /** Absent is success. */
    async remove(ref: IntentRef): Promise<void> {
      await objects.remove(intentKey(ref));
    },
  };
};

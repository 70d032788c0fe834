/**
 * Creating what has neither a client token nor a unique name (VPC, internet gateway, KMS key, access key) exactly once.
 * Before the call an intent is written into the control bucket. When the answer is lost, nobody creates again until the
 * intent is older than the visibility window: by then the first one would have been seen.
 */

import { factsOf } from '#domain/core/failures.ts';
import type { IntentRef } from '#domain/core/intent.ts';
import type { Removal } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';
import { believeAbsent, lookAgain } from './look.ts';
import { whenTagsCount } from './visible.ts';

/** One object of the control bucket per creation that is, or was, under way. */
export interface Intents {
  read(ref: IntentRef): Promise<{ readonly at: string; readonly settled: boolean } | undefined>;
  /** Replaces what was there. */
  write(ref: IntentRef, intent: { readonly at: string; readonly settled: boolean }): Promise<void>;
  /** The call was refused: nothing was made. */
  settle(ref: IntentRef): Promise<void>;
  /** Absent is success. */
  remove(ref: IntentRef): Promise<void>;
}

export interface OnceDeps {
  readonly control: { readonly intents: Intents };
  readonly timing: Timing;
}

export interface CreateOnce<Item> {
  readonly deps: OnceDeps;
  readonly intent: IntentRef;
  /** For the operator who waits: `VPC h-nf-vpc-u`. */
  readonly what: string;
  /** All that are ours, the one to keep (the oldest) first. */
  readonly find: () => Promise<readonly Item[]>;
  readonly create: () => Promise<Item>;
  /** Called for each but the first: removes it, or throws a retryable failure. */
  readonly removeExtra: (item: Item) => Promise<void>;
}

/** The one that there is now, and whether this call made it. @throws NotYet while an earlier call may have made it. */
export const createOnce = async <Item>(once: CreateOnce<Item>): Promise<{ item: Item; created: boolean }> => {
  const { deps, intent, what } = once;
  const [kept, ...extras] = await once.find();
  // It may be so new that its tags, by which it may be removed, don't count yet.
  for (const extra of extras) await whenTagsCount(what, deps, () => once.removeExtra(extra));
  if (kept !== undefined) return { item: kept, created: false };

  const { intents } = deps.control;
  if (isOpen(await intents.read(intent), deps.timing)) throw lookAgain(`an earlier call may have made ${what}`, deps);
  await intents.write(intent, { at: new Date().toISOString(), settled: false });
  try {
    return { item: await once.create(), created: true };
  } catch (error) {
    if (factsOf(error).outcomeUnknown !== true) await intents.settle(intent);
    throw error;
  }
};

export interface RemoveOnce<Item> {
  readonly deps: OnceDeps;
  readonly intent: IntentRef;
  readonly what: string;
  readonly removal: Removal;
  /** All that are the workspace's, also those that this removal leaves alone. */
  readonly find: () => Promise<readonly Item[]>;
  readonly mayRemove: (item: Item) => boolean;
  /** Already gone is success. */
  readonly remove: (item: Item) => Promise<void>;
}

/** Takes away whatever `createOnce` made, also what only becomes visible now. */
export const removeOnce = async <Item>(once: RemoveOnce<Item>): Promise<void> => {
  const { deps, intent, what, removal } = once;
  const found = await once.find();
  const ours = found.filter(once.mayRemove);
  for (const item of ours) await once.remove(item);
  if (ours.length === 0 && isOpen(await deps.control.intents.read(intent), deps.timing)) {
    throw lookAgain(`${what} is not there, but may still appear`, deps);
  }
  if (found.length === 0) believeAbsent(what, removal, deps);
  await deps.control.intents.remove(intent);
};

/** May a call of this intent have made something that is not visible yet? */
export const isOpen = (
  intent: { readonly at: string; readonly settled?: boolean } | undefined,
  { propagationMs }: Timing,
): boolean => intent !== undefined && !intent.settled && Date.now() < Date.parse(intent.at) + propagationMs;

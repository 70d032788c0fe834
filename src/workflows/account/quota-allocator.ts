/**
 * Hands out the places in an account's hard quotas: one workflow per account and region, so that two launches can't
 * take the same last place. A place is named by what will stand in it, and what already stands in AWS counts too.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf } from '#domain/core/failures.ts';
import {
  decide,
  type Holder,
  holderKey,
  type SlotAnswer,
  type SlotNames,
  type SlotRequest,
  type SlotVerdict,
  verdictOf,
} from '#domain/core/slots.ts';
import type { Timing } from '#domain/core/timing.ts';
import { HELD_PLACES_QUERY, SLOT_VERDICT_UPDATE } from '#domain/core/wire-names.ts';
import { find } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';

export interface QuotaInput {
  readonly account: AccountRef;
  readonly timing: Timing;
  readonly holders: readonly Holder[];
}

/** The server ends a run at 2,000 updates. */
const UPDATES_PER_RUN = 1_000;

const heldPlaces = defineQuery<readonly Holder[]>(HELD_PLACES_QUERY);
const slotsUpdate = defineUpdate<SlotAnswer[], [readonly SlotRequest[]]>('slots');
const verdictUpdate = defineUpdate<SlotVerdict[], [SlotNames, AccountRef?]>(SLOT_VERDICT_UPDATE);

export async function quotaAllocator({ account, timing, holders }: QuotaInput): Promise<void> {
  const held = new Map(holders.map((holder) => [holderKey(holder), holder]));
  let updates = 0;
  let busy = false;

  setHandler(heldPlaces, () => [...held.values()], { description: 'Who holds places.' });
  setHandler(
    slotsUpdate,
    async (requests) => {
      updates += 1;
      // One batch at a time: between the look at AWS and the decision no other batch may decide.
      // All that wait are woken at the same moment, and the first of them is busy by the time that the next one goes on.
      do await condition(() => !busy);
      while (busy && patched('one-batch-of-slots'));
      busy = true;
      try {
        if (requests.every(({ kind }) => kind !== 'acquire')) return decide(held, requests, null);
        const wanted = requests.filter(({ kind }) => kind === 'acquire');
        // This runs for as long as there are launches, and the account may have to be entered by another role meanwhile.
        const by = wanted.at(-1)?.account ?? account;
        const observed = await inOneStep('slots', timing, () => find.observeSlots(by, [...held.values()], wanted));
        return decide(held, requests, observed);
      } catch (error) {
        const code = codeOf(error);
        const detail = error instanceof Error ? error.message : String(error);
        return requests.map(() => ({ granted: false, code, detail, holders: [] }));
      } finally {
        busy = false;
      }
    },
    { description: 'Acquires and releases places, many at once.' },
  );

  setHandler(
    verdictUpdate,
    async (names, by = account) => {
      updates += 1;
      const holders = [...held.values()];
      const observed = await inOneStep('slots', timing, () => find.observeSlots(by, holders, [{ names }]));
      return verdictOf(held.values(), observed, names);
    },
    { description: 'Says what there is and whether something would find a place. Takes none.' },
  );

  await condition(() => updates >= UPDATES_PER_RUN || (updates > 0 && workflowInfo().continueAsNewSuggested));
  await condition(allHandlersFinished);
  await continueAsNew<typeof quotaAllocator>({ account, timing, holders: [...held.values()] });
}

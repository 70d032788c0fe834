/** Waiting is retrying: one look per attempt, and Temporal comes back later. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { type FailureFacts, notYet } from '#domain/core/failures.ts';
import type { Removal } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';

/**
 * "Look again": soon at first, at a tenth of the time waited so far later on, never rarer than `lookEveryMs`. So a short
 * wait ends soon after the fact, and a long one stays under the describe throttle.
 */
export const lookAgain = (
  message: string,
  { timing }: { readonly timing: Timing },
  facts: FailureFacts = {},
): ApplicationFailure => {
  const delayMs = Math.min(timing.lookEveryMs, Math.max(timing.lookEveryMs / 10, waitedMs() / 10));
  return notYet(message, Math.round(delayMs), facts);
};

/** How long the current activity has been tried, over all its attempts; 0 outside of one. */
export const waitedMs = (): number => {
  const info = asyncLocalStorage.getStore()?.info;
  return info ? Math.max(0, Date.now() - info.scheduledTimestampMs) : 0;
};

/**
 * Called when a removal finds nothing. @throws NotYet while a call that makes the thing may still be under way or its
 * effect not visible yet: one "not found" proves nothing then.
 */
export const believeAbsent = (what: string, removal: Removal, deps: { readonly timing: Timing }): void => {
  if (removal.unsureSince === null) return;
  const until = Date.parse(removal.unsureSince) + deps.timing.propagationMs;
  if (Date.now() < until) throw lookAgain(`${what} is not there, but may still appear`, deps);
};

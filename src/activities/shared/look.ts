/** Waiting is retrying: one look per attempt, and Temporal comes back later. */
import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type FailureCode, type FailureFacts, factsOf, notYet } from '#domain/core/failures.ts';
import type { Removal } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';

interface Deps {
  readonly timing: Timing;
}

/**
 * "Look again": soon at first, at a tenth of the time waited so far later on, never rarer than `lookEveryMs`. So a short
 * wait ends soon after the fact, and a long one stays under the describe throttle. The code is that of what holds up
 * whoever is waited for, where that is known.
 */
export const lookAgain = (
  message: string,
  { timing }: Deps,
  facts: FailureFacts = {},
  code: FailureCode = 'NotYet',
): ApplicationFailure => {
  const delayMs = Math.min(timing.lookEveryMs, Math.max(timing.lookEveryMs / 10, waitedMs() / 10));
  return notYet(message, Math.round(delayMs), facts, code);
};

type Activity = (...args: never[]) => unknown;

/**
 * "Not yet" as an error of AWS's (`DependencyViolation`) is waited for as one that was seen. Left to the retry policy it
 * would wait for as long as the attempts before it ask for, and a look counts as one: a minute after a dozen of them.
 */
export const asLooks = <All extends Readonly<Record<string, Activity>>>(activities: All, deps: Deps): All => {
  const looking = Object.entries(activities).map(([name, run]) => [
    name,
    async (...args: never[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        throw isUntimed(error) ? lookAgain(error.message, deps, factsOf(error)) : error;
      }
    },
  ]);
  return Object.fromEntries(looking) as All;
};

const isUntimed = (error: unknown): error is ApplicationFailure =>
  error instanceof ApplicationFailure && error.type === 'NotYet' && !error.nextRetryDelay;

/** How long the current activity has been tried, over all its attempts; 0 outside of one. */
export const waitedMs = (): number => {
  const info = asyncLocalStorage.getStore()?.info;
  return info ? Math.max(0, Date.now() - info.scheduledTimestampMs) : 0;
};

/**
 * Called when a removal finds nothing. @throws NotYet while a call that makes the thing may still be under way or its
 * effect not visible yet: one "not found" proves nothing then.
 */
export const believeAbsent = (what: string, removal: Removal, deps: Deps): void => {
  if (removal.unsureSince === null) return;
  const until = Date.parse(removal.unsureSince) + deps.timing.propagationMs;
  if (Date.now() < until) throw lookAgain(`${what} is not there, but may still appear`, deps);
};

/**
 * Windows in which AWS may still answer otherwise: what was made does not show yet, a fresh role or tag does not count.
 * They begin when that is met first. When the activity was scheduled says nothing: it may have been throttled for minutes
 * before it made anything.
 */
import { asyncLocalStorage } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';

/** Far more than a process has under way. One that is crowded out is met anew. */
const REMEMBERED_MAX = 10_000;

/** Longer than any pause between two tries. What is met again after that has been otherwise in between. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

const met = new LRUCache<string, { readonly since: number; readonly last: number }>({ max: REMEMBERED_MAX });

/**
 * Milliseconds since this process met it first, if it has been met again and again since: 0 now that it is. Another worker
 * counts anew, and so waits longer than it had to, never shorter.
 */
export const metFor = (what: string): number => {
  const now = performance.now();
  const before = met.get(what);
  const since = before && now - before.last < FORGOTTEN_AFTER_MS ? before.since : now;
  met.set(what, { since, last: now });
  return now - since;
};

/** As `metFor`, for something that the current activity has met; 0 outside of one. */
export const metHereFor = (what: string): number => {
  const info = asyncLocalStorage.getStore()?.info;
  return info ? metFor(`${info.workflowExecution?.runId}/${info.activityId}/${what}`) : 0;
};

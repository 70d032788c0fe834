/** Names that a subject's workflow and its callers share. They are on the wire: never renamed. */

export const PROGRESS_QUERY = 'progress';
export const RETRY_NOW_UPDATE = 'retryNow';
export const ABANDON_STEP_UPDATE = 'abandonStep';
export const REQUEST_TERMINATE_UPDATE = 'requestTerminate';
/** Of the quota allocator. */
export const SLOT_VERDICT_UPDATE = 'verdict';

/** Of a quota allocator: who holds its places. */
export const HELD_PLACES_QUERY = 'heldPlaces';

export const SEARCH_ATTRIBUTES = {
  phase: 'EyriePhase',
  step: 'EyrieStep',
  stuckSince: 'EyrieStuckSince',
  unwindingSince: 'EyrieUnwindingSince',
  errorCode: 'EyrieErrorCode',
  account: 'EyrieAccount',
  environment: 'EyrieEnvironment',
} as const;

/** What is told of an operation that no worker answers for, so that nobody watches how long its steps take. */

/** A worker that is busy, or has just been started again, answers late. */
export const ANSWERS_WITHIN_MS = 30_000;

/** Whatever AWS said last, it is not what holds it up. */
export const NO_WORKER = {
  reason: 'no worker answers',
  hint: 'start a worker, and it goes on where it stopped: `eyrie doctor` tells operators which ones there are',
} as const;

/** What it is at where nothing of it is under way: no worker has begun it, or taken it up again. */
export const START_STEP = 'start';

/** What is told of an operation that no worker answers for, so that nobody watches how long its steps take. */

/** A worker that is busy, or has just been started again, answers late. */
export const ANSWERS_WITHIN_MS = 30_000;

/** What it is at where nothing of it is under way: no worker has begun it, or taken it up again. */
export const START_STEP = 'start';

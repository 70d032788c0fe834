/** How long each kind of activity is tried, and how often: five groups that differ in patience. */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import type { StepContext } from './step.ts';

/**
 * `find` reads something, `mutate` changes AWS, `look` waits for something by looking again and again, `undo` takes away
 * and never gives up by itself, `slice` does a part of what may take days, and tells on the way how far it has come.
 */
export type Group = 'find' | 'mutate' | 'look' | 'undo' | 'slice';

const MINUTE_MS = 60_000;
/** A worker that dies is noticed after this; every activity beats more often (temporal/activity-interceptor.ts). */
const HEARTBEAT_MS = 10_000;
/** However fast AWS is, an undo's first try and a second one take their time where the machine is busy. */
const UNDO_MIN_MS = 10_000;
/** A slice ends by itself after a quarter of an hour; then what is under way is still waited for. */
const SLICE_MS = 20 * MINUTE_MS;

/** When a call that is made now gives up by itself, as ISO time; null where it never does. */
export const endOf = ({ scheduleToCloseTimeout: ms }: ActivityOptions): string | null =>
  typeof ms === 'number' ? new Date(Date.now() + ms).toISOString() : null;

/**
 * Timeouts by group. Never a workflow timeout: it would end a saga without its undo. An undo has no end of its own
 * unless an earlier one ended badly, since then what it waits for may never come.
 */
export const optionsOf = (group: Group, { timing, bounded }: StepContext): ActivityOptions => {
  const first = Math.max(50, timing.lookEveryMs / 5);
  const base: ActivityOptions = {
    // The SDK's unset value means TRY_CANCEL: undo would start while the create is still in flight.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: 30_000,
    heartbeatTimeout: HEARTBEAT_MS,
  };
  switch (group) {
    case 'mutate':
      return {
        ...base,
        scheduleToCloseTimeout: 15 * MINUTE_MS,
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: 30_000 },
      };
    case 'find':
    case 'look':
      return {
        ...base,
        scheduleToCloseTimeout: 45 * MINUTE_MS,
        retry: { initialInterval: first, backoffCoefficient: 1.5, maximumInterval: 30_000 },
      };
    case 'undo':
      return {
        ...base,
        ...(bounded() && { scheduleToCloseTimeout: Math.max(timing.undoGiveUpMs, UNDO_MIN_MS) }),
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
      };
    case 'slice':
      return {
        ...base,
        startToCloseTimeout: SLICE_MS,
        retry: { initialInterval: first, backoffCoefficient: 2, maximumInterval: MINUTE_MS },
      };
  }
};

/**
 * What Temporal Cloud would bill of a history, nearly: a start, each attempt of an activity, timers, updates, signals, search
 * attributes and children. Queries and heartbeats come on top.
 * @see https://docs.temporal.io/cloud/actions
 */
import type { HistoryEvent } from '../launch/world.ts';

export interface Counted {
  readonly events: number;
  readonly actions: number;
}

const BILLED = [
  'workflowExecutionStartedEventAttributes',
  'workflowExecutionContinuedAsNewEventAttributes',
  'workflowExecutionUpdateAcceptedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'timerStartedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
  'markerRecordedEventAttributes',
] as const satisfies readonly (keyof HistoryEvent)[];

export const countActions = (events: readonly HistoryEvent[]): Counted => {
  let actions = 0;
  for (const event of events) {
    if (BILLED.some((kind) => event[kind])) actions += 1;
    actions += event.activityTaskStartedEventAttributes?.attempt ?? 0;
  }
  return { events: events.length, actions };
};

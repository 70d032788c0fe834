/** What a run put into its history, by step. */
import { stepOf } from './measure.ts';
import type { HistoryEvent } from './world.ts';

export interface Events {
  readonly total: number;
  /** Step → events of its activities and of the timer that watches it. */
  readonly byStep: ReadonlyMap<string, number>;
  /** What belongs to no step. */
  readonly workflowTasks: number;
  readonly searchAttributes: number;
  readonly others: number;
}

/** `network: usually done by then` → network. */
const stepOfTimer = (summary: string): string => summary.split(':')[0] ?? '';

const summaryOf = ({ userMetadata }: HistoryEvent): string => {
  const data = userMetadata?.summary?.data;
  return data ? String(JSON.parse(Buffer.from(data).toString())) : '';
};

/** The event that this one answers, by which its step is known. */
const originOf = (event: HistoryEvent): string | undefined => {
  const answers =
    event.activityTaskStartedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCancelRequestedEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  if (answers) return String(answers.scheduledEventId);
  const timer = event.timerCanceledEventAttributes ?? event.timerFiredEventAttributes;
  return timer ? String(timer.startedEventId) : undefined;
};

export const countEvents = (events: readonly HistoryEvent[]): Events => {
  const stepByEvent = new Map<string, string>();
  const byStep = new Map<string, number>();
  let workflowTasks = 0;
  let searchAttributes = 0;
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const step =
      (scheduled && stepOf(scheduled.activityId ?? '')) ??
      (event.timerStartedEventAttributes && stepOfTimer(summaryOf(event))) ??
      stepByEvent.get(originOf(event) ?? '');
    if (step !== undefined) {
      stepByEvent.set(String(event.eventId), step);
      byStep.set(step, (byStep.get(step) ?? 0) + 1);
    } else if (
      event.workflowTaskScheduledEventAttributes ??
      event.workflowTaskStartedEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes
    ) {
      workflowTasks += 1;
    } else if (event.upsertWorkflowSearchAttributesEventAttributes) searchAttributes += 1;
  }
  const total = events.length;
  const known = [...byStep.values()].reduce((all, count) => all + count, workflowTasks + searchAttributes);
  return { total, byStep, workflowTasks, searchAttributes, others: total - known };
};

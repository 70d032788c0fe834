/** Histories changed as a change of workflow code would have changed them. */

export interface HistoryEvent {
  eventId: string;
  eventType: string;
  workflowExecutionStartedEventAttributes?: { workflowType?: { name: string } };
  activityTaskScheduledEventAttributes?: { activityId: string; activityType: { name: string } };
  timerStartedEventAttributes?: { timerId: string };
  timerCanceledEventAttributes?: { startedEventId: string };
  timerFiredEventAttributes?: { startedEventId: string };
}

export interface History {
  events: HistoryEvent[];
}

const copy = (history: History): History => structuredClone(history);

/** Those of the workspace's steps, past the record that opens the launch. */
const scheduled = ({ events }: History): HistoryEvent[] =>
  events.filter((event) => event.activityTaskScheduledEventAttributes !== undefined).slice(1);

const need = <T>(found: T | undefined): T => {
  if (found === undefined) throw new Error('the history has nothing of the kind to tamper with');
  return found;
};

export const renameActivity = (history: History): History => {
  const tampered = copy(history);
  const attributes = need(scheduled(tampered)[0]?.activityTaskScheduledEventAttributes);
  attributes.activityType.name = `${attributes.activityType.name}Again`;
  return tampered;
};

export const swapActivities = (history: History): History => {
  const tampered = copy(history);
  const all = scheduled(tampered);
  const one = need(all[0]);
  const other = need(
    all.find(
      (event) =>
        event.activityTaskScheduledEventAttributes?.activityType.name !==
        one.activityTaskScheduledEventAttributes?.activityType.name,
    ),
  );
  const kept = need(one.activityTaskScheduledEventAttributes);
  one.activityTaskScheduledEventAttributes = need(other.activityTaskScheduledEventAttributes);
  other.activityTaskScheduledEventAttributes = kept;
  return tampered;
};

/** Without a timer, as code that never set it would have left it: the events after it have lower numbers. */
export const dropTimer = (history: History): History => {
  const { events } = copy(history);
  const start = need(events.find((event) => event.timerStartedEventAttributes !== undefined)).eventId;
  const isOfTimer = (event: HistoryEvent): boolean =>
    event.eventId === start ||
    event.timerCanceledEventAttributes?.startedEventId === start ||
    event.timerFiredEventAttributes?.startedEventId === start;
  const kept = events.filter((event) => !isOfTimer(event));
  const numbers = new Map(kept.map(({ eventId }, index) => [eventId, String(index + 1)]));
  const text = JSON.stringify(kept, (key, value: unknown) =>
    /[eE]ventId$/.test(key) ? (numbers.get(String(value)) ?? value) : value,
  );
  return { events: JSON.parse(text) as HistoryEvent[] };
};

/** Who pressed something in Temporal's UI or command line, as the history of the workflow has it. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { Pressed } from '#domain/core/pressed.ts';

type Event = temporal.api.history.v1.IHistoryEvent;

/** What was pressed a moment ago is among the last events. */
const LOOKED_AT = 200;

/** Null where the history does not tell. */
export const identityOf = async (
  { workflowService, options: { namespace } }: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId?: string | undefined },
  pressed: Pressed,
): Promise<string | null> => {
  const asked = { namespace, execution: { workflowId, runId: runId ?? null }, maximumPageSize: LOOKED_AT };
  const answer = await workflowService.getWorkflowExecutionHistoryReverse(asked);
  const { history } = answer as temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryReverseResponse;
  const found = (history?.events ?? []).map((event) => pressedBy(event, pressed)).find((identity) => identity);
  return found ?? null;
};

const pressedBy = (event: Event, pressed: Pressed): string | null | undefined => {
  switch (pressed.what) {
    case 'update': {
      const meta = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta;
      return meta?.updateId === pressed.updateId ? meta.identity : undefined;
    }
    case 'cancel':
      return event.workflowExecutionCancelRequestedEventAttributes?.identity;
    case 'end':
      return event.workflowExecutionTerminatedEventAttributes?.identity;
  }
};

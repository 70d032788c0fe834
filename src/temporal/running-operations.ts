/** The operations of one environment that are under way now, as Temporal's visibility shows them. */
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';

export interface RunningOperation {
  /** `workspace`, … */
  readonly kind: string;
  readonly phase: string;
  /** The step that an operator would ask about first; empty before the first one. */
  readonly step: string;
  /** Since when a step takes longer than it should; null where none does. */
  readonly stuckSince: Date | null;
  /** What is stuck heard last, or what it unwinds from; empty where nothing went wrong. */
  readonly code: string;
}

const PHASE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD');
const STEP = defineSearchAttributeKey(SEARCH_ATTRIBUTES.step, 'KEYWORD');
const STUCK_SINCE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stuckSince, 'DATETIME');

const ERROR_CODE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.errorCode, 'KEYWORD');

const CALL_MS = 10_000;
/** More than an environment has at once; a list without end must not hold up the rest. */
const MOST = 2_000;

/** @param environment H: letters, digits and dashes. @throws where Temporal does not answer */
export const runningOperations = (client: Client, environment: string): Promise<readonly RunningOperation[]> =>
  client.withDeadline(Date.now() + CALL_MS, async () => {
    const query = `${SEARCH_ATTRIBUTES.environment} = '${environment}' AND ExecutionStatus = 'Running'`;
    const found: RunningOperation[] = [];
    for await (const { workflowId, typedSearchAttributes } of client.workflow.list({ query })) {
      found.push({
        kind: workflowId.split('/')[0] ?? '',
        phase: typedSearchAttributes.get(PHASE) ?? '',
        step: typedSearchAttributes.get(STEP) ?? '',
        code: typedSearchAttributes.get(ERROR_CODE) ?? '',
        stuckSince: typedSearchAttributes.get(STUCK_SINCE) ?? null,
      });
      if (found.length >= MOST) break;
    }
    return found;
  });

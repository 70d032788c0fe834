/** The operations of one environment that are under way now, as Temporal's visibility shows them. */
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { ANSWERS_WITHIN_MS, START_STEP } from '#domain/core/no-worker.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';

export interface RunningOperation {
  /** `workspace`, … */
  readonly kind: string;
  readonly phase: string;
  /** The step that an operator would ask about first. */
  readonly step: string;
  /** Since when a step takes longer than it should, or no worker has begun; null where neither is so. */
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

/** A worker marks the first step as it begins it: until then only the time tells that none does. */
const notBegun = (phase: string, startTime: Date, now: number): Pick<RunningOperation, 'step' | 'stuckSince'> => {
  const isLate = phase !== '' && now - startTime.getTime() > ANSWERS_WITHIN_MS;
  return { step: START_STEP, stuckSince: isLate ? startTime : null };
};

/** @param environment H: letters, digits and dashes. @throws where Temporal does not answer */
export const runningOperations = (
  client: Pick<Client, 'withDeadline' | 'workflow'>,
  environment: string,
  now = Date.now(),
): Promise<readonly RunningOperation[]> =>
  client.withDeadline(Date.now() + CALL_MS, async () => {
    const query = `${SEARCH_ATTRIBUTES.environment} = '${environment}' AND ExecutionStatus = 'Running'`;
    const found: RunningOperation[] = [];
    for await (const { workflowId, typedSearchAttributes: marks, startTime } of client.workflow.list({ query })) {
      const phase = marks.get(PHASE) ?? '';
      const step = marks.get(STEP);
      const at = step ? { step, stuckSince: marks.get(STUCK_SINCE) ?? null } : notBegun(phase, startTime, now);
      found.push({ kind: workflowId.split('/')[0] ?? '', phase, code: marks.get(ERROR_CODE) ?? '', ...at });
      if (found.length >= MOST) break;
    }
    return found;
  });

import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { continueAsNew, ParentClosePolicy, sleep, startChild } from '@temporalio/workflow';
import type { ComputeInput, ComputeMemo } from '#domain/compute/input.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { WatchComputeInput, WatchCounts } from '#domain/compute/watch.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import { find } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';
import type { validateComputeEnvironment } from './validate.ts';

const REQUESTED_BY = 'schedule:compute-watch';

const ACCOUNT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.account, 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

/** Has every compute environment validated, and repaired where that is safe, a page of them a run, and slowly. */
export async function watchComputeEnvironments(input: WatchComputeInput): Promise<WatchCounts> {
  const { environment, perMinute, timing, soFar } = input;
  let { looked, busy } = soFar ?? { looked: 0, busy: 0 };
  const { items, nextCursor } = await inOneStep('records', timing, () =>
    find.findComputeEnvironments(environment, soFar?.cursor ?? null),
  );
  for (const compute of items) {
    if (await validate(compute, input)) looked += 1;
    else busy += 1;
    await sleep(60_000 / perMinute, { summary: `at most ${perMinute} compute environments a minute` });
  }
  if (nextCursor === null) return { looked, busy };
  return await continueAsNew<typeof watchComputeEnvironments>({
    ...input,
    soFar: { looked, busy, cursor: nextCursor },
  });
}

/** False where something else is going on with it: that will tell. */
const validate = async (compute: ComputeInput, { repair, timing }: WatchComputeInput): Promise<boolean> => {
  const { name, description, account, environment } = compute;
  const memo: ComputeMemo = {
    ...{ name, description, fingerprint: null, made: null, requestedBy: REQUESTED_BY },
    ...{ account: account.accountId, region: account.region },
  };
  try {
    await startChild<typeof validateComputeEnvironment>('validateComputeEnvironment', {
      workflowId: subjectWorkflowId(computeSubject(compute)),
      args: [{ compute, repair, requestedBy: REQUESTED_BY, timing }],
      memo: { ...memo },
      typedSearchAttributes: [
        { key: ACCOUNT, value: account.accountId },
        { key: ENVIRONMENT, value: environment },
      ],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: repair ? 'repair' : 'validate',
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
};

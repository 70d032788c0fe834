/** Asks the workflow of a subject for something, and starts it where it does not run: whoever comes first. */
import { type Client, WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, type Workflow } from '@temporalio/common';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import { fromTemporal } from './rpc-errors.ts';

export interface Question {
  readonly subject: SubjectRef;
  readonly workflowType: string;
  /** What it is started with. */
  readonly input: unknown;
  readonly update: string;
  readonly arg: unknown;
  /** The same question asked again while the workflow runs is one. */
  readonly updateId: string;
  /** What the workflow is for, in a line. */
  readonly summary: string;
}

export interface AskDeps {
  readonly client: Client;
  readonly taskQueue: string;
  /** After this the workflow goes on, and the caller is told to come back. */
  readonly waitMs: number;
}

const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

/** A workflow that ends just as it is asked is started anew. */
const TRIES = 3;

/** @throws the workflow's own refusal; Unavailable where there is no answer in time */
export const ask = async <Answer>(question: Question, { client, taskQueue, waitMs }: AskDeps): Promise<Answer> => {
  const { subject, workflowType, input, update, arg, updateId, summary } = question;
  const deadline = Date.now() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.withDeadline(deadline, () =>
        client.workflow.executeUpdateWithStart<Workflow, Answer, [unknown]>(update, {
          args: [arg],
          updateId: attempt === 1 ? updateId : `${updateId}-${attempt}`,
          startWorkflowOperation: new WithStartWorkflowOperation(workflowType, {
            workflowId: subjectWorkflowId(subject),
            taskQueue,
            args: [input],
            workflowIdConflictPolicy: 'USE_EXISTING',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            typedSearchAttributes: [{ key: ENVIRONMENT, value: subject.environment }],
            staticSummary: summary,
          }),
        }),
      );
    } catch (error) {
      if (attempt === TRIES || !endedMeanwhile(error) || Date.now() >= deadline) return fromTemporal(error);
    }
  }
};

/** The workflow took the question and ended before it had answered. */
const endedMeanwhile = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError
    ? error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow'
    : /aborted|already completed|closing/i.test(error instanceof Error ? `${error.message} ${error.cause}` : '');

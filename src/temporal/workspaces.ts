/** Workspace workflows as the API deals with them: started, described, queried and updated by name. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  type SearchAttributePair,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { type SubjectRef, subjectId, subjectWorkflowId } from '#domain/core/subject.ts';
import { codeOf, type FailureCode, factsOf, fail, type Leftover } from '#domain/failures.ts';
import {
  ABANDON_STEP_UPDATE,
  type LaunchInput,
  PROGRESS_QUERY,
  REQUEST_TERMINATE_UPDATE,
  RETRY_NOW_UPDATE,
  SEARCH_ATTRIBUTES,
  type TerminateInput,
  type WorkspaceMemo,
} from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { OperationView, Phase, WorkspaceView } from '#domain/workspace/view.ts';
import { type PendingCall, parsePendingCalls } from './pending.ts';
import { fromTemporal } from './rpc-errors.ts';

/** The latest run of a workspace's workflow. */
export interface WorkspaceRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: OperationView['type'];
  readonly running: boolean;
  /** Temporal's own status, for example `TERMINATED`. */
  readonly status: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  readonly memo: WorkspaceMemo;
  readonly phase: Phase | null;
  readonly pending: readonly PendingCall[];
  /** Another task queue than the one that this installation's workers serve; null: theirs. */
  readonly foreignQueue: string | null;
}

export interface Started {
  readonly workflowId: string;
  readonly runId: string;
}

/** What a workflow ended with. */
export interface RunFailure {
  readonly code: FailureCode;
  readonly detail: string;
  readonly step: string | null;
  readonly leftovers: readonly Leftover[];
}

/** What the API needs of Temporal. Methods throw classified failures; `Unavailable` where it can't be reached. */
export interface WorkspaceWorkflows {
  /** @returns undefined where another operation of this workspace runs already. */
  launch(input: LaunchInput, memo: WorkspaceMemo): Promise<Started | undefined>;
  /** @returns undefined where another operation of this workspace runs already. */
  terminate(input: TerminateInput, memo: WorkspaceMemo): Promise<Started | undefined>;
  describe(subject: SubjectRef): Promise<WorkspaceRun | undefined>;
  /** How this run failed; undefined where it did not, or ended from outside. */
  failureOf(run: Started): Promise<RunFailure | undefined>;
  /** @returns undefined where no worker answers in time. */
  progress(run: Started): Promise<WorkspaceView | undefined>;
  /** @returns false where the run has ended meanwhile. */
  requestTerminate(run: Started, request: { mode: TerminateInput['mode']; requestedBy: string }): Promise<boolean>;
  retryNow(run: Started, step: string | undefined): Promise<readonly string[]>;
  abandonStep(run: Started, step: string, reason: string): Promise<void>;
}

/** Long enough for a busy server, short enough for a caller to be told to come back. */
const CALL_MS = 5_000;
/** An update is answered by a worker, which may have to replay a history first. */
const UPDATE_MS = 10_000;
/** A view falls back on `describe` when no worker answers within this. */
const QUERY_MS = 2_000;

export const createWorkspaceWorkflows = (client: Client, taskQueue: string): WorkspaceWorkflows => {
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + ms, call).catch(fromTemporal);

  const start = async (
    type: OperationView['type'],
    input: LaunchInput | TerminateInput,
    memo: WorkspaceMemo,
    { id, workflowId, phase, summary }: { id: string; workflowId: string; phase: Phase; summary: string },
  ): Promise<Started | undefined> => {
    const call = () =>
      client.workflow.start(type, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        memo: { ...memo },
        typedSearchAttributes: searchAttributes(phase, memo.account, workflowId),
        staticSummary: summary,
        staticDetails: `Workspace **${id}** in account ${memo.account}, ${memo.region}. Asked for by ${memo.requestedBy}.`,
      });
    try {
      const { firstExecutionRunId } = await client.withDeadline(Date.now() + CALL_MS, call);
      return { workflowId, runId: firstExecutionRunId };
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
      return fromTemporal(error);
    }
  };

  const update = <T>({ workflowId, runId }: Started, name: string, arg: unknown): Promise<T> =>
    within(UPDATE_MS, () =>
      client.workflow.getHandle(workflowId, runId).executeUpdate<T, [unknown]>(name, { args: [arg] }),
    );

  return {
    launch: (input, memo) =>
      start('launchWorkspace', input, memo, {
        id: input.workspace.workspaceId,
        workflowId: subjectWorkflowId(workspaceSubject(input.workspace)),
        phase: 'launching',
        summary: 'launch',
      }),

    terminate: (input, memo) =>
      start('terminateWorkspace', input, memo, {
        id: subjectId(input.subject),
        workflowId: subjectWorkflowId(input.subject),
        phase: PHASE_WHILE[input.mode],
        summary: input.mode,
      }),

    async describe(subject) {
      const workflowId = subjectWorkflowId(subject);
      try {
        const described = await client.withDeadline(Date.now() + CALL_MS, () =>
          client.workflow.getHandle(workflowId).describe(),
        );
        return runOf(described, taskQueue);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        return fromTemporal(error);
      }
    },

    async failureOf({ workflowId, runId }) {
      const result = () => client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
      try {
        await client.withDeadline(Date.now() + CALL_MS, result);
        return undefined;
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) return fromTemporal(error);
        const { cause } = error;
        if (!(cause instanceof ApplicationFailure)) return undefined;
        const { step = null, leftovers = [] } = factsOf(cause);
        return { code: codeOf(cause), detail: cause.message, step, leftovers };
      }
    },

    async progress({ workflowId, runId }) {
      try {
        return await client.withDeadline(Date.now() + QUERY_MS, () =>
          client.workflow.getHandle(workflowId, runId).query<WorkspaceView>(PROGRESS_QUERY),
        );
      } catch {
        // Whatever keeps the query from being answered, describe still tells the rest.
        return undefined;
      }
    },

    async requestTerminate(run, request) {
      try {
        await client.withDeadline(Date.now() + UPDATE_MS, () =>
          client.workflow
            .getHandle(run.workflowId, run.runId)
            .executeUpdate<void, [unknown]>(REQUEST_TERMINATE_UPDATE, { args: [request] }),
        );
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || endedMeanwhile(error)) return false;
        return fromTemporal(error);
      }
    },

    async retryNow(run, step) {
      const { retried } = await update<{ retried: string[] }>(
        run,
        RETRY_NOW_UPDATE,
        step === undefined ? {} : { step },
      );
      if (retried.length === 0) throw fail('NothingWaiting', 'no step is waiting');
      return retried;
    },

    abandonStep: (run, step, reason) => update<void>(run, ABANDON_STEP_UPDATE, { step, reason }),
  };
};

/** The workflow took the update and ended before it had answered. */
const endedMeanwhile = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

const PHASE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD');
const ACCOUNT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.account, 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

const PHASE_WHILE: Readonly<Record<TerminateInput['mode'], Phase>> = {
  park: 'parking',
  dispose: 'disposing',
  sweep: 'failed',
};

const searchAttributes = (phase: Phase, account: string, workflowId: string): SearchAttributePair[] => [
  { key: PHASE, value: phase },
  { key: ACCOUNT, value: account },
  { key: ENVIRONMENT, value: workflowId.split('/')[1] ?? '' },
];

const runOf = (described: WorkflowExecutionDescription, taskQueue: string): WorkspaceRun => ({
  workflowId: described.workflowId,
  runId: described.runId,
  type: described.type as OperationView['type'],
  running: described.status.name === 'RUNNING' || described.status.name === 'PAUSED',
  status: described.status.name,
  startedAt: described.startTime.toISOString(),
  closedAt: described.closeTime?.toISOString() ?? null,
  memo: described.memo as unknown as WorkspaceMemo,
  phase: (described.typedSearchAttributes.get(PHASE) as Phase | undefined) ?? null,
  pending: parsePendingCalls(described.raw.pendingActivities ?? []),
  foreignQueue: described.taskQueue === taskQueue ? null : described.taskQueue,
});

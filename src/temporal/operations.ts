/** Operations on subjects of any kind as the API deals with them: started, described, queried and updated by name. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  TerminatedFailure,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { codeOf, type FailureCode, factsOf, fail, type Leftover } from '#domain/core/failures.ts';
import { words } from '#domain/core/markdown.ts';
import type { OperationMemo } from '#domain/core/operation.ts';
import { parseSubjectWorkflowId, type SubjectRef, subjectId, subjectWorkflowId } from '#domain/core/subject.ts';
import {
  ABANDON_STEP_UPDATE,
  PROGRESS_QUERY,
  REQUEST_TERMINATE_UPDATE,
  RETRY_NOW_UPDATE,
} from '#domain/core/wire-names.ts';
import { identityOf } from './pressed.ts';
import { fromTemporal } from './rpc-errors.ts';
import { firstAttributes, type OperationKind, type OperationRun, parseRun } from './run.ts';

export interface Started {
  readonly workflowId: string;
  readonly runId: string;
}

export interface StartOperation<Kind extends OperationKind> {
  readonly subject: SubjectRef;
  readonly type: Kind['type'];
  readonly input: unknown;
  readonly memo: Kind['memo'];
  /** The subject's while it runs. */
  readonly phase: Kind['phase'];
  /** What is done, in a word. */
  readonly summary: string;
}

/** A step that is given up. */
export interface AbandonedStep {
  readonly step: string;
  readonly reason: string;
  readonly requestedBy: string;
}

/** What a workflow ended with. */
export interface RunFailure {
  readonly code: FailureCode;
  readonly detail: string;
  readonly step: string | null;
  readonly leftovers: readonly Leftover[];
}

/** What the API needs of Temporal. Methods throw classified failures; `Unavailable` where it can't be reached. */
export interface Operations<Kind extends OperationKind> {
  /** @returns undefined where another operation on this subject runs already. */
  start(operation: StartOperation<Kind>): Promise<Started | undefined>;
  /** Of the subjects of this kind that have a run under way. A look into Temporal's list: it may be a second behind. */
  namesUnderWay(of: Pick<SubjectRef, 'kind' | 'environment'>): Promise<readonly string[]>;
  /** The latest run. */
  describe(subject: SubjectRef): Promise<OperationRun<Kind> | undefined>;
  /** How this run failed; undefined where it did not, or ended from outside. */
  failureOf(run: Started): Promise<RunFailure | undefined>;
  /** Who ended this run from outside, and why; null where nobody did, or they did not say. */
  endedBy(run: Started): Promise<{ readonly identity: string | null; readonly reason: string | null }>;
  /** @returns undefined where no worker answers in time. */
  progress(run: Started): Promise<Kind['view'] | undefined>;
  /** @returns false where the run has ended meanwhile. */
  requestTerminate(run: Started, request: { readonly mode: string; readonly requestedBy: string }): Promise<boolean>;
  /** @returns the steps. @throws NothingWaiting */
  retryNow(run: Started, step: string | undefined, requestedBy: string): Promise<readonly string[]>;
  abandonStep(run: Started, asked: AbandonedStep): Promise<void>;
}

/** Long enough for a busy server, short enough for a caller to be told to come back. */
const CALL_MS = 5_000;
/** An update is answered by a worker, which may have to replay a history first. */
const UPDATE_MS = 10_000;
/** More than an environment has at once; a list without end must not hold up whoever asked. */
const NAMES_MAX = 2_000;
/** A view falls back on `describe` when no worker answers within this. */
const QUERY_MS = 2_000;

export const createOperations = <Kind extends OperationKind>(client: Client, taskQueue: string): Operations<Kind> => {
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ms, call);
  const handleOf = ({ workflowId, runId }: Started, options = {}) =>
    client.workflow.getHandle(workflowId, runId, options);
  const update = <T>(run: Started, name: string, arg: unknown): Promise<T> =>
    within(UPDATE_MS, () => handleOf(run).executeUpdate<T, [unknown]>(name, { args: [arg] }));

  return {
    async start({ subject, type, input, phase, summary, ...operation }) {
      const memo: OperationMemo = operation.memo;
      const workflowId = subjectWorkflowId(subject);
      const { account, region, requestedBy } = memo;
      const call = () =>
        client.workflow.start(type, {
          workflowId,
          taskQueue,
          args: [input],
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          memo: { ...memo },
          typedSearchAttributes: firstAttributes(subject, memo, phase),
          staticSummary: summary,
          staticDetails: `${titleOf(subject)} **${subjectId(subject)}** in account ${account}, ${region}. Asked for by ${words(requestedBy)}.`,
        });
      try {
        const { firstExecutionRunId } = await within(CALL_MS, call);
        return { workflowId, runId: firstExecutionRunId };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
        return fromTemporal(error);
      }
    },

    async namesUnderWay({ kind, environment }) {
      const query = `WorkflowId STARTS_WITH '${subjectWorkflowId({ kind, environment, name: '' })}' AND ExecutionStatus = 'Running'`;
      const names: string[] = [];
      const read = async () => {
        for await (const { workflowId } of client.workflow.list({ query })) {
          names.push(parseSubjectWorkflowId(workflowId)?.name ?? '');
          if (names.length === NAMES_MAX) return;
        }
      };
      await within(CALL_MS, read).catch(fromTemporal);
      return names.filter((name) => name !== '');
    },

    async describe(subject) {
      try {
        const handle = client.workflow.getHandle(subjectWorkflowId(subject));
        return parseRun<Kind>(await within(CALL_MS, () => handle.describe()), taskQueue);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        return fromTemporal(error);
      }
    },

    async failureOf(run) {
      try {
        await within(CALL_MS, () => handleOf(run, { followRuns: false }).result());
        return undefined;
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) return fromTemporal(error);
        const { cause } = error;
        if (!(cause instanceof ApplicationFailure)) return undefined;
        const { step = null, leftovers = [] } = factsOf(cause);
        return { code: codeOf(cause), detail: cause.message, step, leftovers };
      }
    },

    async endedBy(run) {
      const identity = await within(CALL_MS, () => identityOf(client, run, { what: 'end' })).catch(fromTemporal);
      const reason = await within(CALL_MS, () => handleOf(run, { followRuns: false }).result()).then(
        () => null,
        (error: unknown) =>
          error instanceof WorkflowFailedError && error.cause instanceof TerminatedFailure ? error.cause.message : null,
      );
      return { identity, reason: reason || null };
    },

    async progress(run) {
      try {
        return await within(QUERY_MS, () => handleOf(run).query<Kind['view']>(PROGRESS_QUERY));
      } catch {
        // Whatever keeps the query from being answered, describe still tells the rest.
        return undefined;
      }
    },

    async requestTerminate(run, request) {
      try {
        await update<void>(run, REQUEST_TERMINATE_UPDATE, request);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || endedMeanwhile(error)) return false;
        return fromTemporal(error);
      }
    },

    async retryNow(run, step, requestedBy) {
      const asked = update<{ retried: string[] }>(run, RETRY_NOW_UPDATE, {
        requestedBy,
        ...(step !== undefined && { step }),
      });
      const { retried } = await asked.catch(fromTemporal);
      if (retried.length === 0) throw fail('NothingWaiting', 'no step is waiting');
      return retried;
    },

    abandonStep: (run, asked) => update<void>(run, ABANDON_STEP_UPDATE, asked).catch(fromTemporal),
  };
};

/** `Compute environment` */
const titleOf = ({ kind }: SubjectRef): string => `${kind[0]?.toUpperCase()}${kind.slice(1).replaceAll('-', ' ')}`;

/** The workflow took the update and ended before it had answered. */
const endedMeanwhile = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

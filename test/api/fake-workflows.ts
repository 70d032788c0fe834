/** Temporal as the API sees it, in memory: one run per subject, moved on by the test. */

import type { ComputeOperations } from '#api/compute/kind.ts';
import type { WorkspaceOperations, WorkspaceRun } from '#api/workspaces/kind.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import { fail } from '#domain/core/failures.ts';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import type { LaunchInput, TerminateInput } from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Phase, WorkspaceView } from '#domain/workspace/view.ts';
import type { RunFailure } from '#temporal/operations.ts';
import type { PendingCall } from '#temporal/pending.ts';

interface FakeRun {
  run: WorkspaceRun;
  readonly input: LaunchInput | TerminateInput;
  /** What the `progress` query answers; undefined: no worker answers. */
  view: WorkspaceView | undefined;
  waiting: string[];
  /** What it failed with. */
  failure?: RunFailure;
}

interface FakeChanges {
  readonly phase?: string;
  readonly pending?: PendingCall[];
  readonly view?: WorkspaceView | ComputeView | undefined;
  readonly waiting?: string[];
  readonly failure?: RunFailure;
  readonly unwindingSince?: string;
}

export interface FakeWorkflows extends WorkspaceOperations {
  /** All starts, oldest first. */
  readonly started: FakeRun[];
  readonly terminateRequests: { workflowId: string; mode: string; requestedBy: string }[];
  readonly retried: (string | undefined)[];
  readonly abandoned: { step: string; reason: string }[];
  current(environment: string, escapedUser: string): FakeRun;
  /** The run ends; the record is the test's to write. */
  closeOf(subject: SubjectRef, status?: string): void;
  changeOf(subject: SubjectRef, changes: FakeChanges): void;
  runOf(subject: SubjectRef): FakeRun | undefined;
  /** As operations on compute environments. */
  readonly compute: ComputeOperations;
  close(environment: string, escapedUser: string, status?: string): void;
  change(environment: string, escapedUser: string, changes: FakeChanges): void;
  /** Every call fails with Unavailable while this is true. */
  down: boolean;
  /** Called at the end of each describe: to let something happen between two calls. */
  afterDescribe: (() => void) | undefined;
}

/** While what was asked for is under way, by the kind that a workflow's id begins with. */
const PHASE_WHILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  workspace: { park: 'parking', dispose: 'disposing' },
  'compute-environment': { drain: 'draining', terminate: 'deleting', sweep: 'deleting' },
  storage: { empty: 'emptying', dispose: 'deleting', sweep: 'failed' },
};

export const createFakeWorkflows = (now: () => number = Date.now): FakeWorkflows => {
  const nowIso = (): string => new Date(now()).toISOString();
  const runs = new Map<string, FakeRun>();
  let nth = 0;

  const start: WorkspaceOperations['start'] = async ({ subject, type, phase, input, memo }) => {
    const workflowId = subjectWorkflowId(subject);
    if (fake.down) throw fail('Unavailable', 'Temporal does not answer');
    if (runs.get(workflowId)?.run.running) return undefined;
    nth += 1;
    const runId = `run-${nth}`;
    const made: FakeRun = {
      run: {
        workflowId,
        runId,
        type,
        running: true,
        status: 'RUNNING',
        startedAt: nowIso(),
        closedAt: null,
        memo,
        phase,
        pending: [],
        unwindingSince: null,
        foreignQueue: null,
      },
      input: input as LaunchInput | TerminateInput,
      view: undefined,
      waiting: [],
    };
    runs.set(workflowId, made);
    fake.started.push(made);
    return { workflowId, runId };
  };

  const ofSubject = (subject: SubjectRef): FakeRun => {
    const found = runs.get(subjectWorkflowId(subject));
    if (!found) throw new Error(`nothing was started for ${subject.name}`);
    return found;
  };
  const of = (environment: string, escapedUser: string): FakeRun =>
    ofSubject(workspaceSubject({ environment, escapedUser }));

  const fake: FakeWorkflows = {
    get compute() {
      return fake as unknown as ComputeOperations;
    },
    started: [],
    terminateRequests: [],
    retried: [],
    abandoned: [],
    down: false,
    afterDescribe: undefined,
    current: of,
    runOf: (subject) => runs.get(subjectWorkflowId(subject)),
    closeOf(subject, status = 'COMPLETED') {
      const found = ofSubject(subject);
      found.run = { ...found.run, running: status === 'RUNNING', status, closedAt: nowIso() };
    },
    changeOf(subject, { phase, pending, waiting, failure, unwindingSince, ...rest }) {
      const found = ofSubject(subject);
      found.run = {
        ...found.run,
        ...(phase && { phase: phase as Phase }),
        ...(pending && { pending }),
        ...(unwindingSince && { unwindingSince }),
      };
      if ('view' in rest) found.view = rest.view as WorkspaceView | undefined;
      if (waiting) found.waiting = waiting;
      if (failure) found.failure = failure;
    },
    close: (environment, escapedUser, status) => fake.closeOf(workspaceSubject({ environment, escapedUser }), status),
    change: (environment, escapedUser, changes) =>
      fake.changeOf(workspaceSubject({ environment, escapedUser }), changes),
    start,
    namesUnderWay: async ({ kind, environment }) => {
      if (fake.down) throw fail('Unavailable', 'Temporal does not answer');
      const prefix = subjectWorkflowId({ kind, environment, name: '' });
      return [...runs]
        .filter(([id, { run }]) => run.running && id.startsWith(prefix))
        .map(([id]) => id.slice(prefix.length));
    },
    describe: async (subject) => {
      if (fake.down) throw fail('Unavailable', 'Temporal does not answer');
      const run = runs.get(subjectWorkflowId(subject))?.run;
      fake.afterDescribe?.();
      return run;
    },
    failureOf: async ({ workflowId }) => runs.get(workflowId)?.failure,
    endedBy: async () => ({ identity: null, reason: null }),
    progress: async ({ workflowId }) => runs.get(workflowId)?.view,
    requestTerminate: async ({ workflowId, runId }, request) => {
      const found = runs.get(workflowId);
      if (!found?.run.running || found.run.runId !== runId) return false;
      fake.terminateRequests.push({ workflowId, ...request });
      found.run = { ...found.run, phase: PHASE_WHILE[workflowId.split('/')[0] ?? '']?.[request.mode] as Phase };
      return true;
    },
    retryNow: async ({ workflowId }, step) => {
      const waiting = runs.get(workflowId)?.waiting ?? [];
      if (waiting.length === 0) throw fail('NothingWaiting', 'no step is waiting');
      fake.retried.push(step);
      return waiting;
    },
    abandonStep: async ({ workflowId }, { step, reason }) => {
      if (!runs.get(workflowId)?.waiting.includes(step))
        throw fail('NothingWaiting', `${step} is done: there is nothing to abandon`);
      fake.abandoned.push({ step, reason });
    },
  };
  return fake;
};

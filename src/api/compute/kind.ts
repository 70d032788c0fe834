/** Compute environments as a kind of subject: what the API knows of them and of no other kind. */

import { randomUUID } from 'node:crypto';
import type {
  ComputeInput,
  ComputeMemo,
  ComputeRemedy,
  ComputeRemovalMode,
  CreateInput,
  DisposeInput,
  UpdateInput,
  ValidateInput,
} from '#domain/compute/input.ts';
import { type ComputeRecord, computeRetryOf } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { type ComputeOperation, type ComputePhase, type ComputeView, statusOf } from '#domain/compute/view.ts';
import { tell } from '#domain/core/commands.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { Operations, StartOperation } from '#temporal/operations.ts';
import type { ApiKind, KindRules, Located } from '../subjects/kind.ts';
import { computeViewOfRecord, computeViewOfRun } from './view.ts';

export interface ComputeKind extends ApiKind {
  readonly type: ComputeOperation;
  readonly phase: ComputePhase;
  readonly memo: ComputeMemo;
  readonly view: ComputeView;
  readonly record: ComputeRecord;
  readonly mode: ComputeRemedy;
}

export type ComputeOperations = Operations<ComputeKind>;
export type LocatedCompute = Located<ComputeKind>;

const memoOf = ({ name, description, account }: ComputeInput, requestedBy: string): ComputeMemo => ({
  ...{ name, description, requestedBy },
  account: account.accountId,
  region: account.region,
  fingerprint: null,
  made: null,
});

export const createOf = (input: CreateInput): StartOperation<ComputeKind> => {
  const { compute, requestedBy, fingerprint } = input;
  return {
    subject: computeSubject(compute),
    type: 'createComputeEnvironment',
    input,
    memo: { ...memoOf(compute, requestedBy), fingerprint, made: compute },
    phase: 'planned',
    summary: 'create',
  };
};

export const updateOf = (input: UpdateInput): StartOperation<ComputeKind> => ({
  subject: computeSubject(input.compute),
  type: 'updateComputeEnvironment',
  input,
  memo: memoOf(input.compute, input.requestedBy),
  phase: 'updating',
  summary: input.reason,
});

export const validationOf = (input: ValidateInput, phase: ComputePhase): StartOperation<ComputeKind> => ({
  subject: computeSubject(input.compute),
  type: 'validateComputeEnvironment',
  input,
  memo: memoOf(input.compute, input.requestedBy),
  phase,
  summary: input.repair ? 'repair' : 'validate',
});

const PHASE_WHILE: Readonly<Record<ComputeRemovalMode, ComputePhase>> = {
  drain: 'draining',
  terminate: 'deleting',
  force: 'deleting',
  sweep: 'failed-dirty',
};

/** @param made where there is no record that says what it is */
const removalOf = (input: DisposeInput, made: ComputeInput | null): StartOperation<ComputeKind> => ({
  subject: computeSubject(input.compute),
  type: 'disposeComputeEnvironment',
  input,
  memo: { ...memoOf(input.compute, input.requestedBy), made },
  phase: PHASE_WHILE[input.mode],
  summary: input.mode,
});

export interface ComputeRulesParts {
  readonly timing: Timing;
  /** Minutes that a drain waits for jobs. */
  readonly drainMinutes: number;
}

/** @param drainMinutes of this call. Default: as configured. */
export type ComputeRules = (drainMinutes?: number) => KindRules<ComputeKind>;

export const computeRules = ({ timing, drainMinutes }: ComputeRulesParts): KindRules<ComputeKind> => ({
  kind: 'compute-environment',
  makes: 'createComputeEnvironment',
  exits: { retry: 'compute', 'abandon-step': 'compute', terminate: 'compute' },
  // They are nobody's: who may deal with one may deal with all.
  userOf: () => '',
  userOfRun: () => '',

  atRest: ['available', 'disabled', 'degraded', 'failed-clean', 'failed-dirty', 'deleted', 'retained'],
  viewOf: computeViewOfRecord,
  viewOfRun: computeViewOfRun,
  whenLost: (type, subject) =>
    type === 'createComputeEnvironment' || type === 'disposeComputeEnvironment'
      ? {
          phase: 'failed-dirty',
          remedy: `${tell('resume', subject)} goes on with it, ${tell('remove', subject)} removes it`,
        }
      : {
          phase: 'degraded',
          remedy: `${tell('resume', subject)} goes on with it, ${tell('make', subject)} puts right what it is now`,
        },
  // A run that was lost has changed the phase.
  complete: async (view, { record }, state) => ({
    ...view,
    status: statusOf[view.phase],
    message: view.message ?? view.error?.detail ?? null,
    primary: record?.primary ?? false,
    ...(state === 'busy' && record && { createdAt: record.createdAt }),
  }),

  terminationOf({ record, run }, mode, requestedBy) {
    // A create that ended before it could open a record says in its memo what it would have made.
    const compute = record?.compute ?? run?.memo.made;
    if (!compute) throw new Error('a compute environment with neither a record nor a create');
    const common = { compute, requestedBy, timing };
    if (mode === 'create') {
      const { onFailure = 'rollback', fingerprint = run?.memo.fingerprint ?? '' } = record ?? {};
      return createOf({ ...common, runId: resumedRun(record), onFailure, fingerprint });
    }
    if (mode === 'update') return updateOf({ ...common, runId: resumedRun(record), reason: 'update', drainMinutes });
    const dataConfirmed = record?.dataConfirmed ?? false;
    return removalOf({ ...common, mode, drainMinutes, dataConfirmed }, record ? null : compute);
  },
  // An operation that was ended from outside, or leftovers, are worth another try.
  isTerminated: ({ phase, operation, leftovers }) =>
    operation === null && leftovers.length === 0 && (phase === 'deleted' || phase === 'retained'),
  mayTakeOver: (mode) => mode === 'drain' || mode === 'terminate' || mode === 'force',
  retryOf: (record) => computeRetryOf(record) ?? (record.phase === 'failed-clean' ? 'create' : undefined),
});

/** What is gone on with keeps the id by which its things are known; where nothing is left, a run of its own begins. */
const resumedRun = (record: ComputeRecord | undefined): string =>
  record && record.phase !== 'failed-clean' ? record.runId : randomUUID();

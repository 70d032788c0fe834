/** Workflows of compute environments, started as the API starts them. */
import { randomUUID } from 'node:crypto';
import type {
  ComputeInput,
  ComputeMemo,
  CreateInput,
  DisposeInput,
  UpdateInput,
  ValidateInput,
} from '#domain/compute/input.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeOperation } from '#domain/compute/view.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { Rig } from './workflow-rig.ts';
import { TIMING } from './workspace-runs.ts';

const start = async (rig: Rig, type: ComputeOperation, input: { readonly compute: ComputeInput }) => {
  const { name, description, account } = input.compute;
  const memo: ComputeMemo = {
    ...{ name, description, fingerprint: null, made: null },
    ...{ account: account.accountId, region: account.region, requestedBy: 'someone' },
  };
  return rig.watch(
    await rig.client.workflow.start(type, {
      workflowId: subjectWorkflowId(computeSubject(input.compute)),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: { ...memo },
    }),
  );
};

export const startCreate = (rig: Rig, compute: ComputeInput, changes: Partial<CreateInput> = {}) =>
  start(rig, 'createComputeEnvironment', {
    ...{
      compute,
      runId: randomUUID(),
      onFailure: 'rollback',
      fingerprint: 'f',
      requestedBy: 'someone',
      timing: TIMING,
    },
    ...changes,
  } satisfies CreateInput);

export const startDispose = (rig: Rig, compute: ComputeInput, changes: Partial<DisposeInput> = {}) =>
  start(rig, 'disposeComputeEnvironment', {
    ...{ compute, mode: 'terminate', drainMinutes: 1, dataConfirmed: false, requestedBy: 'someone', timing: TIMING },
    ...changes,
  } satisfies DisposeInput);

export const startUpdate = (
  rig: Rig,
  compute: ComputeInput,
  { type = 'updateComputeEnvironment', ...changes }: Partial<UpdateInput> & { readonly type?: ComputeOperation } = {},
) =>
  start(rig, type, {
    ...{ compute, runId: randomUUID(), reason: 'update', drainMinutes: 1, requestedBy: 'someone', timing: TIMING },
    ...changes,
  } satisfies UpdateInput);

export const startValidation = (rig: Rig, compute: ComputeInput, repair = false) =>
  start(rig, 'validateComputeEnvironment', {
    ...{ compute, repair, requestedBy: 'someone', timing: TIMING },
  } satisfies ValidateInput);

/** The record of the workspace at the two ends of a rotation. It says all along that the workspace runs. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { KEY_UNUSED_MS } from '#domain/core/access-key.ts';
import { codeOf } from '#domain/core/failures.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { RotateInput } from '#domain/workspace/rotation.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { record } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf, leftAfterUnwinding } from '../kernel/outcome.ts';
import type { Progress } from '../kernel/progress.ts';
import type { Ending, Opened } from '../kernel/provision.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import { accessKey } from '../steps/access-key.ts';
import { keyToFallBackOn } from './key-before.ts';

export interface OpenedRotation extends Opened {
  readonly record: WorkspaceRecord;
  readonly plan: Pick<WorkspacePlan, 'access-key'>;
}

interface Rotation {
  readonly input: RotateInput;
  readonly progress: Progress;
  readonly record: WorkspaceRecord;
}

/** Pins the rotation in the record before anything is made. @throws NotReady where the workspace does not run. */
export const openRotation = async (input: RotateInput, progress: Progress): Promise<OpenedRotation> => {
  const { subject, rotationId, requestedBy, timing } = input;
  const operation = operationOf<'rotateKeys'>(requestedBy);
  const opened = await CancellationScope.nonCancellable(() =>
    inOneStep('record', timing, () => record.openRotation({ subject, rotationId, operation })),
  );
  progress.resumeFrom(opened.record);
  const rotation = { input, progress, record: opened.record };
  return {
    ...{ record: opened.record, plan: planOf(rotation, rotationId) },
    unrestored: new Map(),
    close: (ending) => closeRotation(rotation, ending),
  };
};

/** Of the whole workspace, its key: made as a rotation makes it. */
const planOf = ({ input, record: { workspace } }: Rotation, run: string): Pick<WorkspacePlan, 'access-key'> => {
  const { 'access-key': spec } = planWorkspace({ workspace, launchId: run, timing: input.timing });
  return { 'access-key': { ...spec, keepsNamed: { unusedForMs: input.force ? 0 : KEY_UNUSED_MS } } };
};

/** What other rotations left, without this one. */
export const othersThan = (rotationId: string, { unfinished }: WorkspaceRecord): readonly string[] =>
  unfinished.filter((run) => run !== rotationId);

/** Writes how a rotation failed, and returns what the workflow ends with: a cancellation only where nothing is left. */
const closeRotation = async (rotation: Rotation, ending: Ending): Promise<unknown> => {
  const { input, progress, record: before } = rotation;
  const { subject, rotationId, timing } = input;
  const { first, cause, failed, isTerminated } = ending;
  return await CancellationScope.nonCancellable(async () => {
    const left = await leftAfterUnwinding({
      whole: { steps: [accessKey], progress },
      planOf: (run) => planOf(rotation, run),
      run: rotationId,
      ending,
      before: { leftovers: before.leftovers, unfinished: othersThan(rotationId, before) },
      owned: false,
    });
    const { leftovers, unfinished } = left;
    const failure = failureOf(ending, leftovers);
    const error = { code: codeOf(failure), detail: failure.message, step: first?.step ?? null };
    progress.recordOutcome(error, leftovers);
    const isClean = isCancellation(cause) && leftovers.length === 0;
    const end = isClean ? cause : failure;
    if (isTerminated) {
      // The termination that follows takes all keys, and writes the rest of the record.
      await tryToWrite(subject, timing, { unfinished });
      return end;
    }
    const key = await keyToFallBackOn({
      ...{ plan: planOf(rotation, rotationId), timing, key: before.key, failed },
      mayMake: true,
    });
    const unwritten = await tryToWrite(subject, timing, {
      // What a sweep of the leftovers gives back.
      phaseBefore: leftovers.length > 0 ? 'running' : null,
      ...progress.ended(),
      error: isClean ? null : error,
      leftovers,
      unfinished,
      ...key,
    });
    if (unwritten === undefined) return end;
    return unwrittenEnd(end, 'the rotation was cancelled, and what it had made was taken back', unwritten);
  });
};

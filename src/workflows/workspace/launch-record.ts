/** The record of the workspace at the two ends of a launch. */
import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { codeOf, factsOf, fail, type Leftover } from '#domain/failures.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { isThere, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { mutate, undo } from '../activities.ts';
import type { Progress } from '../progress.ts';
import type { Failed } from '../saga.ts';
import { inOneStep } from '../step.ts';
import { ids } from '../steps/publish.ts';
import { operationOf } from './operation.ts';
import { merged, remaining, stillLeft } from './remaining.ts';
import type { TerminateWish } from './terminate-wish.ts';

/** Pins the launch in the record before anything is made. @throws Conflict where the record is another user's. */
export const openLaunch = async (input: LaunchInput, progress: Progress): Promise<WorkspaceRecord> => {
  const operation = operationOf('launchWorkspace', input.requestedBy);
  // Short, and a record that is half taken over helps nobody: not cancellable.
  const { record } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => mutate.openRecord({ launch: input, operation })),
  );
  progress.goOnFrom(record);
  return record;
};

export interface Ending {
  readonly input: LaunchInput;
  readonly plan: WorkspacePlan;
  readonly progress: Progress;
  readonly before: WorkspaceRecord;
  readonly first: Failed | undefined;
  readonly cause: unknown;
  /** Undos that ended badly. */
  readonly failed: readonly Failed[];
  readonly wish: TerminateWish;
}

/** Writes how a launch failed, and returns what the workflow ends with: a cancellation only where nothing is left. */
export const closeLaunch = async (ending: Ending): Promise<unknown> => {
  const { input, plan, progress, before, first, cause, failed, wish } = ending;
  return await CancellationScope.nonCancellable(async () => {
    const own = await remaining(plan, 'launch', failed, progress);
    const earlier = await stillLeft({
      launches: before.unfinished ?? [],
      leftovers: before.leftovers,
      adopted: true,
      planOf: (launchId) => planWorkspace({ workspace: input.workspace, launchId, timing: input.timing }),
      progress,
    });
    const leftovers = merged(own, earlier.leftovers);
    const unfinished = [...earlier.unfinished, ...(own.length > 0 ? [input.launchId] : [])];
    const failure = failureOf(first, cause, leftovers);
    const error = { code: codeOf(failure), detail: failure.message, step: first?.step ?? null };
    const { holders } = factsOf(cause);
    progress.failed(error, leftovers);
    const cancelled = isCancellation(cause);
    const end = cancelled && leftovers.length === 0 ? cause : failure;
    const phase = phaseAfter(before.phaseBefore, cancelled, leftovers);
    if (wish.mode) {
      // The terminate that follows writes the rest of the record.
      if (leftovers.length > 0)
        await inOneStep('record', input.timing, () => undo.changeRecord(ids(input), { leftovers, unfinished }));
      return end;
    }
    await inOneStep('record', input.timing, () =>
      undo.changeRecord(ids(input), {
        phase,
        // What a sweep of the leftovers gives back.
        phaseBefore: leftovers.length > 0 ? before.phaseBefore : null,
        operation: null,
        steps: progress.steps(),
        error: cancelled && leftovers.length === 0 ? null : { ...error, ...(holders && { holders }) },
        leftovers,
        unfinished,
        remedy: null,
        ...(phase === 'disposed' && { disposedAt: new Date().toISOString(), resources: [] }),
        ...(phase === 'failed' && leftovers.length === 0 && { resources: [] }),
        // What it falls back on may be half-converged: the next launch, of whatever configuration, has work to do.
        fingerprint: '',
      }),
    );
    // Only now: until the record says so too, another operation would be refused.
    progress.enter(phase);
    return end;
  });
};

const failureOf = (first: Failed | undefined, cause: unknown, leftovers: readonly Leftover[]): ApplicationFailure => {
  const text = cause instanceof Error ? cause.message : String(cause);
  const why = `${first ? `${first.step}: ` : ''}${isCancellation(cause) ? 'cancelled' : text}`;
  const facts = { ...factsOf(cause), ...(first && { step: first.step }) };
  const origin = cause instanceof Error ? cause : undefined;
  if (leftovers.length === 0) {
    const code = codeOf(cause);
    return ApplicationFailure.create({
      type: code,
      message: why,
      nonRetryable: true,
      details: [facts],
      ...(origin && { cause: origin }),
    });
  }
  const names = leftovers.map(({ type, name, id }) => `${type} ${name ?? id}`).join(', ');
  return fail('CompensationIncomplete', `left over: ${names}. It began with ${why}`, { ...facts, leftovers }, origin);
};

/** A relaunch that failed falls back to what was; a first launch to nothing. */
const phaseAfter = (before: Phase | null, cancelled: boolean, leftovers: readonly Leftover[]): Phase => {
  if (leftovers.length > 0) return 'failed';
  if (isThere(before)) return before;
  return cancelled && before !== 'failed' ? 'disposed' : 'failed';
};

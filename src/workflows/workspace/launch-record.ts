/** The record of the workspace at the two ends of a launch. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { tell } from '#domain/core/commands.ts';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import type { ErrorView } from '#domain/core/operation.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { isThere, unrestoredOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { record } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf, leftAfterUnwinding, type Unwound } from '../kernel/outcome.ts';
import type { Progress } from '../kernel/progress.ts';
import type { Ending, Opened } from '../kernel/provision.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import { keyToFallBackOn } from './key-before.ts';
import { LAUNCH } from './steps.ts';

export interface Launch {
  readonly input: LaunchInput;
  readonly plan: WorkspacePlan;
  readonly progress: Progress;
}

/** Pins the launch in the record before anything is made. @throws Conflict where the record is another user's. */
export const openLaunch = async (launch: Launch): Promise<Opened> => {
  const { input, progress } = launch;
  const operation = operationOf<'launchWorkspace'>(input.requestedBy);
  // Short, and a record that is half taken over helps nobody: not cancellable.
  const { record: before } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => record.open({ launch: input, operation })),
  );
  progress.resumeFrom(before);
  return { unrestored: unrestoredOf(before), close: (ending) => closeLaunch({ ...launch, ...ending, before }) };
};

interface Closing extends Launch, Ending {
  readonly before: WorkspaceRecord;
}

/** Writes how a launch failed, and returns what the workflow ends with: a cancellation only where nothing is left. */
const closeLaunch = async (ending: Closing): Promise<unknown> => {
  const { input, progress, before, first, cause, isTerminated } = ending;
  const subject = workspaceSubject(input.workspace);
  return await CancellationScope.nonCancellable(async () => {
    const left = await leftAfterUnwinding({
      whole: { steps: LAUNCH, progress },
      planOf: (launchId) => planWorkspace({ workspace: input.workspace, launchId, timing: input.timing }),
      run: input.launchId,
      ending,
      before,
      owned: !isThere(before.phaseBefore) && before.resources.length > 0,
    });
    const { leftovers } = left;
    const failure = failureOf(ending, leftovers);
    const cancelled = isCancellation(cause);
    const code = cancelled && leftovers.length === 0 ? 'Cancelled' : codeOf(failure);
    const detail = `${failure.message}${isUntold(left) ? untold(before) : ''}`;
    const error: ErrorView = { code, detail, step: first?.step ?? null };
    const { holders } = factsOf(cause);
    progress.recordOutcome(error, leftovers);
    const end = cancelled && leftovers.length === 0 ? cause : failure;
    // A removal that failed before it, and is still to be gone on with.
    const remedy = isThere(before.phaseBefore) ? null : (before.remedy ?? null);
    const phase = remedy ? 'failed' : phaseAfter(before.phaseBefore, cancelled, left);
    if (isTerminated) {
      // The terminate that follows writes the rest of the record, and finds out by itself what it could not be told.
      if (leftovers.length > 0) await tryToWrite(subject, input.timing, left);
      return end;
    }
    const key = await keyToFallBackOn({
      ...{ plan: ending.plan, timing: input.timing, key: before.key, failed: ending.failed },
      mayMake: before.phaseBefore === 'running',
    });
    const unwritten = await tryToWrite(subject, input.timing, {
      phase,
      // What a sweep of the leftovers gives back.
      phaseBefore: leftovers.length > 0 ? before.phaseBefore : null,
      ...progress.ended(),
      error: cancelled && phase !== 'failed' ? null : { ...error, ...(holders && { holders }) },
      ...left,
      ...key,
      nextflowConfig: before.nextflowConfig,
      resources: before.resources,
      // What removed it before and failed, does so again; after a relaunch of what was there, a sweep does.
      remedy,
      ...(phase === 'disposed' && { disposedAt: new Date().toISOString(), resources: [] }),
      ...(phase === 'failed' && isClean(left) && !remedy && { resources: [] }),
      // What it falls back on may be half-converged: the next launch, of whatever configuration, has work to do.
      fingerprint: '',
    });
    if (unwritten !== undefined)
      return unwrittenEnd(end, 'the launch was cancelled, and what it had made was taken back', unwritten);
    // Only now: until the record says so too, another operation would be refused.
    progress.enter(phase);
    return end;
  });
};

/** A relaunch that failed falls back to what was; a first launch to nothing, where that is known. */
const phaseAfter = (before: Phase | null, cancelled: boolean, left: Left): Phase => {
  if (left.leftovers.length > 0) return 'failed';
  if (isThere(before)) return before;
  return cancelled && isClean(left) ? 'disposed' : 'failed';
};

type Left = Pick<Unwound, 'leftovers' | 'unfinished'>;

const isClean = (left: Left): boolean => left.leftovers.length === 0 && !isUntold(left);

/** Of runs that stay unfinished although nothing is listed, AWS could not be asked. */
const isUntold = ({ leftovers, unfinished }: Left): boolean => leftovers.length === 0 && unfinished.length > 0;

/** There is nothing to name that a retry could go on with. */
const untold = ({ phaseBefore, subject }: WorkspaceRecord): string =>
  isThere(phaseBefore)
    ? ''
    : `. AWS did not tell what earlier launches left: ${tell('remove', subject)} takes all of it`;

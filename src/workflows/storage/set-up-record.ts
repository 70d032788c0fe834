/** The record of the storage at the two ends of a set-up. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { codeOf } from '#domain/core/failures.ts';
import type { SetUpInput } from '#domain/storage/input.ts';
import { planStorage, type StoragePlan } from '#domain/storage/plan.ts';
import type { StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { StoragePhase } from '#domain/storage/view.ts';
import { open } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf, leftAfterUnwinding } from '../kernel/outcome.ts';
import type { Ending, Opened } from '../kernel/provision.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import type { StorageProgress } from './progress.ts';
import { SET_UP } from './steps.ts';

interface SetUp {
  readonly input: SetUpInput;
  readonly plan: StoragePlan;
  readonly progress: StorageProgress;
}

/** Pins the set-up in the record before anything is made. @throws Conflict where the record is another user's. */
export const openSetUp = async (setUp: SetUp): Promise<Opened> => {
  const { input, progress } = setUp;
  const operation = operationOf<'setUpStorage'>(input.requestedBy);
  const { record: before } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => open.tried.openStorage(input, operation)),
  );
  progress.resumeFrom(before);
  return { unrestored: new Map(), close: (ending) => closeSetUp({ ...setUp, ...ending, before }) };
};

interface Closing extends SetUp, Ending {
  readonly before: StorageRecord;
}

/** Writes how a set-up failed, and returns what the workflow ends with: a cancellation only where nothing is left. */
const closeSetUp = async (ending: Closing): Promise<unknown> => {
  const { input, progress, before, first, cause, isTerminated } = ending;
  const { storage, timing } = input;
  const subject = storageSubject(storage);
  return await CancellationScope.nonCancellable(async () => {
    const left = await leftAfterUnwinding({
      whole: { steps: SET_UP, progress },
      planOf: (run) => planStorage(storage, run),
      run: input.setUpId,
      ending,
      before,
      owned: false,
    });
    const { leftovers, unfinished } = left;
    const failure = failureOf(ending, leftovers);
    const error = { code: codeOf(failure), detail: failure.message, step: first?.step ?? null };
    progress.recordOutcome(error, leftovers);
    const cancelled = isCancellation(cause);
    const end = cancelled && leftovers.length === 0 ? cause : failure;
    const phase = phaseAfter(before.phaseBefore, cancelled, leftovers.length > 0);
    // The removal that follows writes the rest of the record.
    const unwritten = await tryToWrite(
      subject,
      timing,
      isTerminated
        ? { leftovers, unfinished }
        : {
            phase,
            // What a sweep of the leftovers gives back.
            phaseBefore: leftovers.length > 0 ? before.phaseBefore : null,
            ...progress.ended(),
            error: cancelled && phase !== 'failed' ? null : error,
            leftovers,
            unfinished,
            resources: phase === 'deleted' || (phase === 'failed' && leftovers.length === 0) ? [] : before.resources,
            remedy: leftovers.length > 0 ? 'sweep' : before.remedy,
            ...(phase === 'deleted' && { disposedAt: new Date().toISOString() }),
          },
    );
    if (isTerminated) return end;
    if (unwritten !== undefined) return unwrittenEnd(end, 'the set-up was taken back', unwritten);
    progress.enter(phase);
    return end;
  });
};

/** A set-up of what was there that failed falls back to it; a first one to nothing. */
const phaseAfter = (before: StoragePhase | null, cancelled: boolean, hasLeft: boolean): StoragePhase => {
  if (hasLeft) return 'failed';
  if (before === 'ready') return before;
  return cancelled && before === null ? 'deleted' : 'failed';
};

/** The record of the storage at the two ends of a removal. */

import { CancellationScope, log, patched } from '@temporalio/workflow';
import { tell } from '#domain/core/commands.ts';
import { codeOf, factsOf, type Leftover } from '#domain/core/failures.ts';
import type { DeleteInput, DeleteResult } from '#domain/storage/input.ts';
import { type ContentsSpec, planStorage } from '#domain/storage/plan.ts';
import type { StorageChange, StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { StoragePhase } from '#domain/storage/view.ts';
import { open } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { incompleteRemoval } from '../kernel/outcome.ts';
import { merged, proveGone, remaining, stillLeft } from '../kernel/remaining.ts';
import type { OpenRemoval } from '../kernel/removal.ts';
import type { Failed } from '../kernel/saga.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import type { StorageProgress } from './progress.ts';
import { SET_UP } from './steps.ts';

/** Of a plan that names no run: what the owner has, whoever made it. */
const ALL_RUNS = '';

/** Pins the removal in the record. */
export const openRemoval = async (
  input: DeleteInput,
  progress: StorageProgress,
  breaksOff: NonNullable<ContentsSpec['breaksOff']>,
): Promise<OpenRemoval<DeleteResult>> => {
  const operation = operationOf<'deleteStorage'>(input.requestedBy);
  const { record } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => open.insisted.openStorageRemoval(input, operation)),
  );
  progress.resumeFrom(record);
  const runs = input.mode === 'sweep' ? record.unfinished : [ALL_RUNS];
  const told = progress.told;
  const closing = { input, record, runs, progress };
  return {
    plans: runs.map((run) => {
      const plan = planStorage(record.storage, run);
      const from = input.soFar;
      return { ...plan, objects: { ...plan.objects, told, from, breaksOff }, bucket: { ...plan.bucket, told } };
    }),
    unrestored: new Map(),
    close: (failed, upgraded) => closeRemoval({ ...closing, failed }, upgraded),
    recordCancelled: (failed) => recordCancelled({ ...closing, failed }),
  };
};

interface Closing {
  readonly input: DeleteInput;
  readonly record: StorageRecord;
  /** Whose things are removed. */
  readonly runs: readonly string[];
  readonly progress: StorageProgress;
  readonly failed: readonly Failed[];
}

/** Looks at what is left, and writes how it ended. @throws CompensationIncomplete with what is left */
const closeRemoval = async (closing: Closing, upgraded: () => boolean): Promise<DeleteResult> => {
  const { input, record, progress, failed } = closing;
  const { mode, storage, timing } = input;
  return await CancellationScope.nonCancellable(async () => {
    const left = await leftBy(closing);
    const { residue } = left;
    const failure = residue.length > 0 ? incompleteRemoval(mode, residue, failed) : null;
    const error = failure && { code: codeOf(failure), detail: failure.message, step: failed[0]?.step ?? null };
    const phase = failure ? 'failed' : phaseAfter(mode, record);
    progress.recordOutcome(error, residue);
    const unwritten = await tryToWrite(storageSubject(storage), timing, {
      ...endOf(closing, left),
      phase,
      // What a bucket is again once the rest has gone.
      phaseBefore: failure && mode !== 'dispose' ? record.phaseBefore : null,
      error,
      remedy: failure ? mode : null,
      ...(phase === 'deleted' && {
        ...{ resources: [], kmsKeyArn: null, unfinished: [] },
        disposedAt: new Date().toISOString(),
      }),
    });
    if (unwritten !== undefined) throw unwrittenEnd(failure, `${mode} is done`, unwritten);
    // Only now: until the record says so too, another operation would be refused.
    if (!upgraded()) progress.enter(phase);
    if (failure) throw failure;
    return { mode, residue, removed: progress.emptying()?.removed ?? 0 };
  });
};

/** Cancelled half-way: what went can't come back, and a retry goes on with it. */
const recordCancelled = async (closing: Closing): Promise<void> => {
  const { input, progress } = closing;
  const { mode, storage, timing } = input;
  log.warn('removal was cancelled half-way', { storage: closing.record.id });
  await CancellationScope.nonCancellable(async () => {
    const detail = `${mode} was cancelled half-way: ${tell('resume', closing.record.subject)} goes on with it`;
    const error = { code: 'Cancelled', detail, step: null } as const;
    // Without objects nothing but them is to go.
    const left = mode === 'empty' ? { residue: [], unfinished: closing.record.unfinished } : await leftBy(closing);
    progress.recordOutcome(error, left.residue);
    const unwritten = await tryToWrite(storageSubject(storage), timing, {
      ...endOf(closing, left),
      phase: 'failed',
      phaseBefore: mode === 'dispose' ? null : closing.record.phaseBefore,
      error,
      remedy: mode,
    });
    if (unwritten !== undefined) throw unwrittenEnd(undefined, detail, unwritten);
    progress.enter('failed');
  });
};

const endOf = ({ record, progress }: Closing, { residue, unfinished }: Left): StorageChange => ({
  ...progress.ended(),
  leftovers: residue,
  unfinished,
  emptying: progress.emptying() ?? record.emptying,
});

/** What S3 keeps, told by those that failed; and of a disposal what AWS still shows. */
const leftBy = async ({ input: { mode }, record, runs, progress, failed }: Closing): Promise<Left> => {
  const told = failed.flatMap(({ error }) => factsOf(error).leftovers ?? []);
  if (mode === 'empty') {
    return { residue: merged(told, failed.filter(saysNothing).map(asLeftover(record))), unfinished: record.unfinished };
  }
  const by = mode === 'sweep' ? 'run' : 'owner';
  const lists: Leftover[][] = [];
  for (const run of runs) {
    const whole = { steps: SET_UP, plan: planStorage(record.storage, run), progress };
    lists.push(await (failed.length > 0 ? remaining(whole, by, failed) : proveGone(whole, by)));
  }
  if (mode === 'dispose') return { residue: merged(told, ...lists), unfinished: record.unfinished };
  const unfinished = runs.filter((_, index) => (lists[index]?.length ?? 0) > 0);
  return { residue: merged(told, ...lists, await stillListed(record, progress)), unfinished };
};

/** What a removal that failed has left is no set-up's, so no sweep takes it: as long as it is there, it stays listed. */
const stillListed = async (record: StorageRecord, progress: StorageProgress): Promise<readonly Leftover[]> => {
  if (record.leftovers.length === 0 || !patched('a sweep looks for all that is listed')) return [];
  const { leftovers } = await stillLeft({
    ...{ steps: SET_UP, progress, launches: [], leftovers: record.leftovers, adopted: true },
    planOf: (run) => planStorage(record.storage, run),
  });
  return leftovers;
};

interface Left {
  readonly residue: readonly Leftover[];
  /** Set-ups that have left something still. */
  readonly unfinished: readonly string[];
}

const saysNothing = ({ error }: Failed): boolean => (factsOf(error).leftovers ?? []).length === 0;

const asLeftover =
  ({ storage: { bucket } }: StorageRecord) =>
  ({ error }: Failed): Leftover => ({
    type: 'AWS::S3::Object',
    id: null,
    name: bucket,
    reason: error instanceof Error ? error.message : String(error),
  });

/** A bucket that was emptied is what it was before; so is one beside which something was swept. */
const phaseAfter = (mode: DeleteInput['mode'], { phaseBefore }: StorageRecord): StoragePhase => {
  if (mode === 'empty') return phaseBefore ?? 'ready';
  return mode === 'sweep' && phaseBefore === 'ready' ? phaseBefore : 'deleted';
};

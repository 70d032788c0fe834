import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { EmptyingSoFar } from '#domain/resources/emptying.ts';
import { type DeleteInput, type DeleteResult, STORAGE_REMOVALS } from '#domain/storage/input.ts';
import { remove } from '../kernel/removal.ts';
import { disposal, leftoversOfRun } from '../kernel/step.ts';
import { openRemoval } from './delete-record.ts';
import { PHASE_WHILE } from './phases.ts';
import { StorageProgress } from './progress.ts';
import { DISPOSE, EMPTY, SWEEP } from './steps.ts';

/** Over eight hours: few events, and a bucket of some ten million objects. */
const SLICES_PER_RUN = 40;

const STAGES = { empty: EMPTY, dispose: DISPOSE, sweep: SWEEP };

/**
 * `empty` takes everything out of a user's bucket; `dispose` removes the bucket and its key, too; `sweep` takes only what
 * set-ups that failed have left, and no object. Works from the record: its account, its names.
 *
 * @throws CompensationIncomplete with what is left and why; calling again goes on with it.
 */
export async function deleteStorage(input: DeleteInput): Promise<DeleteResult> {
  const { storage, mode, requestedBy, timing } = input;
  /** Once this run has done its share. */
  let soFar: EmptyingSoFar | undefined;
  let slices = 0;
  const stages = STAGES[mode];
  const progress = new StorageProgress({
    storage,
    steps: stages.flat(),
    phase: PHASE_WHILE[mode],
    requestedBy,
    timing,
    soFar: input.soFar,
  });
  const breaksOff = (at: Omit<EmptyingSoFar, 'startedAt'>): boolean => {
    slices += 1;
    if (slices < SLICES_PER_RUN && !workflowInfo().continueAsNewSuggested) return false;
    soFar = { ...at, startedAt: progress.startedAt };
    return true;
  };
  return await remove({
    progress,
    input,
    stages,
    mode,
    parks: false,
    removal: mode === 'sweep' ? leftoversOfRun : disposal,
    modes: STORAGE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    open: () => openRemoval(input, progress, breaksOff),
    breaksOff: {
      isDue: () => soFar !== undefined,
      goOn: () =>
        continueAsNew<typeof deleteStorage>({
          ...input,
          ...(soFar && { soFar }),
          askedBefore: progress.interventions.list(),
        }),
    },
    terminate: (pending) => pending.goOn('deleteStorage', { storage, timing }),
  });
}

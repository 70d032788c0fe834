/** The life of an operation that takes something away: pin it in the record, go by the steps, and tell what is left. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AskedBefore } from '#domain/core/operation.ts';
import { registerControls, TERMINATE_MODES } from './controls.ts';
import { PendingTermination } from './pending-termination.ts';
import type { Progress } from './progress.ts';
import { removeStages, type Stages } from './removal-stages.ts';
import type { Failed, Unrestored } from './saga.ts';
import type { RemovalFor } from './step.ts';

export interface Removing<Result> {
  readonly progress: Progress;
  readonly stages: Stages;
  /** `park`, `dispose`, or whatever else it is called. */
  readonly mode: string;
  /** Its stages park their steps; else they undo them. */
  readonly parks: boolean;
  /** What may be taken. */
  readonly removal: RemovalFor;
  readonly input: AskedBefore;
  /** The phases that it enters as soon as somebody asks for more. */
  readonly whileTerminating: Readonly<Record<string, string>>;
  /** Ways to terminate it, the weaker one first. Default: park and dispose. */
  readonly modes?: readonly string[];
  /** Called when somebody asks for more: what only takes its time need not be waited for any longer. */
  readonly hurry?: () => void;
  /** Pins the operation in the record; answers the result where there is nothing to do. */
  readonly open: () => Promise<OpenRemoval<Result> | { readonly result: Result }>;
  /** Goes on as the workflow of the stronger wish. */
  readonly terminate: (pending: PendingTermination) => Promise<never>;
  /** For what may take so long that its history has to be begun anew. Default: it never does. */
  readonly breaksOff?: BreaksOff;
}

export interface BreaksOff {
  /** A step has ended before it was done: no later one begins. */
  readonly isDue: () => boolean;
  /** As another run of this workflow. */
  readonly goOn: () => Promise<never>;
}

export interface OpenRemoval<Result> {
  /** The plan of each run whose things are removed. */
  readonly plans: readonly object[];
  /** Where only the record tells what there is to remove. Default: those of the operation. */
  readonly stages?: Stages;
  /** What runs that failed changed and could not put back, by step: it is put back. */
  readonly unrestored: Unrestored;
  /** Writes how it ended. `upgraded`: a stronger wish has come in. */
  readonly close: (failed: readonly Failed[], upgraded: () => boolean) => Promise<Result>;
  /** Writes what a cancellation left. */
  readonly recordCancelled: (failed: readonly Failed[]) => Promise<void>;
}

/** @throws what `close` throws; a cancellation, once what it left is written. */
export async function remove<Result>(all: Removing<Result>): Promise<Result> {
  const { progress, mode, input, terminate, breaksOff, modes = TERMINATE_MODES } = all;
  progress.interventions.resumeFrom(input.askedBefore);
  const work = new CancellationScope();
  const pending = new PendingTermination(modes, progress.interventions, (wanted) => {
    progress.enter(all.whileTerminating[wanted] ?? wanted);
    all.hurry?.();
  });
  // What none of them is called is the weakest of all.
  const stronger = (asked: string): boolean => modes.indexOf(asked) > modes.indexOf(mode);
  registerControls(progress, (asked) => void (stronger(asked.mode) && pending.ask(asked)), modes);
  const upgraded = () => pending.mode !== null;
  const isOver = () => upgraded() || breaksOff?.isDue() === true;

  let opened: Awaited<ReturnType<typeof all.open>>;
  try {
    opened = await all.open();
  } catch (error) {
    progress.refused(error);
    if (upgraded()) return await terminate(pending);
    throw error;
  }
  if ('result' in opened) return opened.result;
  const { plans, stages = all.stages, unrestored, close, recordCancelled } = opened;

  try {
    const failed = await work.run(async () => {
      const notRemoved: Failed[] = [];
      for (const plan of plans) notRemoved.push(...(await removeStages({ ...all, stages, plan, unrestored, isOver })));
      return notRemoved;
    });
    if (!upgraded() && breaksOff?.isDue()) await breaksOff.goOn();
    await progress.interventions.known();
    if (!upgraded()) {
      const result = await close(failed, upgraded);
      if (!upgraded()) return result;
    }
  } catch (error) {
    if (isCancellation(error)) {
      progress.interventions.cancelled();
      await progress.interventions.known();
      await recordCancelled(notTaken(stages, progress, mode));
    }
    if (!upgraded()) throw error;
  }
  return await terminate(pending);
}

/** Steps that a cancellation left undone. */
const notTaken = (stages: Stages, progress: Progress, mode: string): Failed[] =>
  stages
    .flat()
    .filter(({ name }) => !['undone', 'parked'].includes(progress.of(name).state))
    .map(({ name }) => ({ step: name, error: new Error(`${mode} was cancelled before this was removed`) }));

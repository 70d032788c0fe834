/** The life of an operation that makes something: pin it in the record, run the saga, and tell how it ended. */
import { CancellationScope } from '@temporalio/workflow';
import { registerControls, TERMINATE_MODES } from './controls.ts';
import { PendingTermination } from './pending-termination.ts';
import type { Progress } from './progress.ts';
import { type Failed, Saga, type Unrestored } from './saga.ts';

/** How a saga ended that did not come to its end. */
export interface Ending {
  /** What went wrong first, at which step; undefined where it was cancelled before any. */
  readonly first: Failed | undefined;
  readonly cause: unknown;
  /** Undos that ended badly. */
  readonly failed: readonly Failed[];
  /** Steps that had begun to change something. */
  readonly begun: ReadonlySet<string>;
  /** Somebody asked to terminate it: what follows writes the rest of the record. */
  readonly isTerminated: boolean;
}

export interface Provision<Result, Open extends Opened = Opened> {
  readonly progress: Progress;
  /** The phase that it enters when all is made. */
  readonly made: string;
  /** The phases that it enters as soon as somebody asks to terminate. */
  readonly whileTerminating: Readonly<Record<string, string>>;
  /** Ways to terminate it, the weaker one first. Default: park and dispose. */
  readonly modes?: readonly string[];
  /** Pins the operation in the record, before anything is made. */
  readonly open: () => Promise<Open>;
  readonly make: (saga: Saga, opened: Open) => Promise<Result>;
  /** Goes on as the workflow that terminates. */
  readonly terminate: (pending: PendingTermination) => Promise<never>;
}

export interface Opened {
  /** What earlier runs changed and could not put back. */
  readonly unrestored: Unrestored;
  /** Writes how it failed, and returns what the workflow ends with. */
  readonly close: (ending: Ending) => Promise<unknown>;
}

/** @throws what `close` says; whatever `open` throws, where nobody asked to terminate meanwhile. */
export async function provision<Result, Open extends Opened>(all: Provision<Result, Open>): Promise<Result> {
  const { progress, terminate, modes = TERMINATE_MODES } = all;
  const forward = new CancellationScope();
  const pending = new PendingTermination(modes, (mode) => {
    progress.enter(all.whileTerminating[mode] ?? mode);
    forward.cancel();
  });
  registerControls(progress, pending.ask, modes);

  let opened: Open;
  try {
    opened = await all.open();
  } catch (error) {
    progress.refused(error);
    // Who asked to terminate meanwhile is not refused for what this operation lacks.
    if (pending.mode) return await terminate(pending);
    throw error;
  }
  const saga = new Saga(progress, forward, opened.unrestored);
  try {
    const result = await all.make(saga, opened);
    if (!pending.mode) {
      progress.enter(all.made);
      return result;
    }
  } catch (error) {
    const { first, begun } = saga;
    const failed = await saga.unwind();
    const cause = first?.error ?? error;
    const end = await opened.close({ first, cause, failed, begun, isTerminated: pending.mode !== null });
    if (!pending.mode) throw end;
  }
  return await terminate(pending);
}

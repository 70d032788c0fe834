/** The life of an operation that makes something: pin it in the record, run the saga, and tell how it ended. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { registerControls, TERMINATE_MODES } from './controls.ts';
import { PendingTermination } from './pending-termination.ts';
import type { Progress } from './progress.ts';
import { type Failed, Saga, type Unrestored } from './saga.ts';

/** What an operation may do where a step fails, other than take back all that it made. */
export interface Keeping {
  /** Whether what is there stays. Asked when all that was started has ended; never where it was cancelled. */
  keeps(saga: Saga): boolean;
  /**
   * Whether it is tried once more, now: it is for this to wait. `tries`: so many were made. `asked`: somebody has asked to
   * terminate it, so that there is nothing to wait for.
   */
  again(failed: Failed, tries: number, asked: () => boolean): Promise<boolean>;
}

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
  /** What was made stays: nothing was taken back. */
  readonly isKept: boolean;
}

export interface Provision<Result, Open extends Opened = Opened> {
  readonly progress: Progress;
  /** The phase that it enters when all is made. Left out: what makes it knows better. */
  readonly made?: string;
  /** The phases that it enters as soon as somebody asks to terminate. */
  readonly whileTerminating: Readonly<Record<string, string>>;
  /** Ways to terminate it, the weaker one first. Default: park and dispose. */
  readonly modes?: readonly string[];
  /** The phase that it enters when it takes back what it made. Default: it stays in the one that it is in. */
  readonly unwinds?: string;
  /** Default: nothing is kept. */
  readonly keeping?: Keeping;
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
  let forward = new CancellationScope();
  const pending = new PendingTermination(modes, progress.interventions, (mode) => {
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
  const asked = (): boolean => pending.mode !== null;
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await all.make(saga, opened);
      if (asked()) break;
      if (all.made) progress.enter(all.made);
      return result;
    } catch (error) {
      await saga.settle();
      const follows = await whatFollows({ keeping: all.keeping, saga, tries, asked });
      if (follows === 'again') {
        forward = new CancellationScope();
        saga.again(forward);
        continue;
      }
      const isKept = follows === 'keep';
      const { first } = saga;
      if (isCancellation(first?.error ?? error) && !asked()) progress.interventions.cancelled();
      if (!isKept) progress.unwinds(first?.error ?? error, first?.step ?? null);
      if (!isKept && !asked() && all.unwinds) progress.enter(all.unwinds);
      const failed = isKept ? [] : await saga.unwind();
      await progress.interventions.known();
      const { begun } = saga;
      const cause = first?.error ?? error;
      const end = await opened.close({ first, cause, failed, begun, isTerminated: asked(), isKept });
      if (!asked()) throw end;
      break;
    }
  }
  return await terminate(pending);
}

interface Following {
  readonly keeping: Keeping | undefined;
  readonly saga: Saga;
  readonly tries: number;
  readonly asked: () => boolean;
}

const whatFollows = async ({ keeping, saga, tries, asked }: Following): Promise<'again' | 'keep' | 'unwind'> => {
  const { first } = saga;
  if (!keeping || !first || asked() || isCancellation(first.error) || !keeping.keeps(saga)) return 'unwind';
  try {
    const follows = (await keeping.again(first, tries, asked)) ? 'again' : 'keep';
    return asked() ? 'unwind' : follows;
  } catch (error) {
    // Cancelled while it waited: then it is taken back, like any other that is cancelled.
    if (!isCancellation(error)) throw error;
    saga.first = { step: first.step, error };
    return 'unwind';
  }
};

/** The record of the compute environment at the two ends of an update. */
import { type ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ComputeInput, UpdateInput } from '#domain/compute/input.ts';
import type { ComputeChange, ComputeRecord } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { codeOf, fail, type Leftover } from '#domain/core/failures.ts';
import { open } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf } from '../kernel/outcome.ts';
import type { Ending, Opened } from '../kernel/provision.ts';
import { proveGone } from '../kernel/remaining.ts';
import { type AnyStep, inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import type { Made } from './make.ts';
import type { ComputeProgress } from './progress.ts';
import { putBack } from './put-back.ts';

export interface OpenedUpdate extends Opened {
  readonly record: ComputeRecord;
  /** What it was. */
  readonly before: ComputeInput;
  /** The new environments do the work, and have been proved: from now on it only goes forward. */
  switchTo(made: Made): void;
  /** What takes the former ones away, and its plan. */
  retires(steps: readonly AnyStep[], plan: object): void;
}

interface Update {
  readonly input: UpdateInput;
  readonly progress: ComputeProgress;
  readonly record: ComputeRecord;
  readonly before: ComputeInput;
}

/** How far it came. */
interface State {
  made: Made | null;
  former: { readonly steps: readonly AnyStep[]; readonly plan: object };
}

/** Pins what it is to be beside what it is. @throws NotReady where there is nothing to update */
export const openUpdate = async (input: UpdateInput, progress: ComputeProgress): Promise<OpenedUpdate> => {
  const operation = operationOf<'updateComputeEnvironment' | 'refreshImages'>(input.requestedBy);
  const { record } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => open.tried.openComputeUpdate(input, operation)),
  );
  progress.resumeFrom(record);
  progress.facts.compute = record.compute;
  const before = record.computeBefore ?? record.compute;
  const state: State = { made: null, former: { steps: [], plan: {} } };
  return {
    ...{ record, before },
    unrestored: new Map(),
    switchTo: (made) => {
      state.made = made;
    },
    retires: (steps, plan) => {
      state.former = { steps, plan };
    },
    close: (ending) => closeUpdate({ input, progress, record, before }, state, ending),
  };
};

/** Writes how an update failed, and returns what the workflow ends with: a cancellation only where all is as it was. */
const closeUpdate = async (update: Update, state: State, ending: Ending): Promise<unknown> => {
  // A removal that follows takes what it was, and what it was to be.
  if (ending.isTerminated) return failureOf(ending, []);
  return await CancellationScope.nonCancellable(async () => {
    const { change, end } = state.made ? await forward(update, state, ending) : await backward(update, ending);
    const { input, progress, record } = update;
    progress.recordOutcome(change.error ?? null, change.leftovers ?? []);
    const phase = change.phase ?? record.phaseBefore ?? 'available';
    const unwritten = await tryToWrite(computeSubject(record.compute), input.timing, {
      ...{ phase, phaseBefore: null, ...progress.ended() },
      ...change,
    });
    if (unwritten !== undefined) return unwrittenEnd(end, 'the update has ended', unwritten);
    progress.enter(phase);
    return end;
  });
};

interface Closed {
  readonly change: ComputeChange;
  readonly end: unknown;
}

/** It is what it was to be, and something of what it was is there still: a retry takes that. */
const forward = async ({ progress }: Update, { made, former }: State, ending: Ending): Promise<Closed> => {
  const leftovers = await proveGone({ ...former, progress }, 'owner');
  const failure = failureOf(ending, leftovers);
  return {
    end: failure,
    change: {
      ...(made && { outputs: made.outputs, canaries: made.canaries }),
      resources: progress.resources(),
      error: errorOf(ending, failure),
      leftovers,
      degraded: null,
      remedy: 'update',
    },
  };
};

/** It is what it was. */
const backward = async (update: Update, ending: Ending): Promise<Closed> => {
  const { record, before } = update;
  const { leftovers, broken } = await putBack({ ...update, begun: ending.begun });
  const isClean = leftovers.length === 0 && broken === null;
  const failure = broken ? notPutBack(ending, broken, leftovers) : failureOf(ending, leftovers);
  const cancelled = isCancellation(ending.cause) && isClean;
  return {
    end: cancelled ? ending.cause : failure,
    change: {
      ...(isClean && { compute: before, computeBefore: null }),
      resources: record.resources,
      error: cancelled ? null : errorOf(ending, failure),
      leftovers,
      remedy: isClean ? null : 'update',
      ...(broken && { phase: 'degraded', degraded: `an update failed, and what it was is not put back: ${broken}` }),
    },
  };
};

const notPutBack = (ending: Ending, broken: string, leftovers: readonly Leftover[]): ApplicationFailure => {
  const { message } = failureOf(ending, []);
  return fail('CompensationIncomplete', `it is not what it was: ${broken}. It began with ${message}`, { leftovers });
};

const errorOf = ({ first }: Ending, failure: ApplicationFailure) => ({
  code: codeOf(failure),
  detail: failure.message,
  step: first?.step ?? null,
});

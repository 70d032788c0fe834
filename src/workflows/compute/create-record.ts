/** The record of the compute environment at the two ends of a create. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CreateInput } from '#domain/compute/input.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { ComputeChange, ComputeRecord } from '#domain/compute/record.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { codeOf, type Leftover } from '#domain/core/failures.ts';
import type { ErrorView } from '#domain/core/operation.ts';
import { open } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf, leftAfterUnwinding } from '../kernel/outcome.ts';
import type { Ending, Opened } from '../kernel/provision.ts';
import { isAmong, listRemaining } from '../kernel/remaining.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import type { ComputeProgress } from './progress.ts';
import { stepsOf } from './steps.ts';

interface Create {
  readonly input: CreateInput;
  readonly plan: ComputePlan;
  readonly progress: ComputeProgress;
}

/** Pins the create in the record before anything is made. @throws Conflict where it was made already */
export const openCreate = async (create: Create): Promise<Opened> => {
  const { input, progress } = create;
  const operation = operationOf<'createComputeEnvironment'>(input.requestedBy);
  const { record: before } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => open.tried.openCompute(input, operation)),
  );
  progress.resumeFrom(before);
  return { unrestored: new Map(), close: (ending) => closeCreate({ ...create, ...ending, before }) };
};

interface Closing extends Create, Ending {
  readonly before: ComputeRecord;
}

/** Writes how a create failed, and returns what the workflow ends with: a cancellation only where nothing is left. */
const closeCreate = async (ending: Closing): Promise<unknown> => {
  const { input, progress, cause, isTerminated, isKept } = ending;
  const { compute, timing } = input;
  return await CancellationScope.nonCancellable(async () => {
    const left = isKept ? await keptOf(ending) : await leftOf(ending);
    const { leftovers, unfinished } = left;
    // What was kept was not to be taken back: the failure is the step's alone.
    const failure = failureOf(ending, isKept ? [] : leftovers);
    const isClean = leftovers.length === 0;
    const error = errorOf(ending, failure, isClean);
    progress.recordOutcome(error, leftovers);
    const end = isCancellation(cause) && isClean ? cause : failure;
    const phase = isClean ? 'failed-clean' : 'failed-dirty';
    const there = progress.resources().filter(isAmong(leftovers));
    const change: ComputeChange = {
      phase,
      phaseBefore: null,
      ...progress.ended(),
      error,
      leftovers,
      unfinished,
      resources: isKept ? progress.resources() : there,
      remedy: isKept || isClean ? 'create' : 'sweep',
    };
    // The removal that follows writes the rest of the record.
    const written = isTerminated ? { leftovers, unfinished } : change;
    const unwritten = await tryToWrite(computeSubject(compute), timing, written);
    if (isTerminated) return end;
    if (unwritten !== undefined) return unwrittenEnd(end, 'the create was taken back', unwritten);
    progress.enter(phase);
    return end;
  });
};

const errorOf = ({ cause, first }: Ending, failure: Error, isClean: boolean): ErrorView =>
  isCancellation(cause) && isClean
    ? { code: 'Cancelled', detail: 'the create was cancelled, and what it had made was taken back', step: null }
    : { code: codeOf(failure), detail: failure.message, step: first?.step ?? null };

interface Left {
  readonly leftovers: readonly Leftover[];
  readonly unfinished: readonly string[];
}

const leftOf = ({ input, plan, progress, before, ...ending }: Closing): Promise<Left> =>
  leftAfterUnwinding({
    whole: { steps: stepsOf(plan), progress },
    planOf: (run) => planCompute(input.compute, run),
    run: input.runId,
    ending,
    before,
    owned: false,
  });

/** Asked of AWS; where that does not answer, what the steps have told. */
const keptOf = async ({ input, plan, progress, before, first }: Closing): Promise<Left> => {
  const reason = `kept, since ${first?.step} failed`;
  const whole = { steps: stepsOf(plan), plan, progress };
  const listed = await listRemaining(whole, 'run').catch(() => progress.resources());
  const leftovers = listed.map(({ type, id, name }) => ({ type, id, name, reason }));
  return { leftovers, unfinished: [...new Set([...before.unfinished, input.runId])] };
};

import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { COMPUTE_REMOVALS, type ValidateInput, type ValidateResult } from '#domain/compute/input.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { ComputeChange, ComputeRecord } from '#domain/compute/record.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { codeOf } from '#domain/core/failures.ts';
import { find, open, record as records } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { failureOf } from '../kernel/outcome.ts';
import { type Ending, type Opened, provision } from '../kernel/provision.ts';
import type { Saga } from '../kernel/saga.ts';
import { inOneStep, nowIso } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import { busyPools } from './busy-pools.ts';
import { DRAIN_MINUTES } from './drain.ts';
import type { Differences } from './drift.ts';
import { makeGood, NO_RUN } from './make-good.ts';
import { PHASE_WHILE } from './phases.ts';
import { poolNames } from './pool-names.ts';
import { ComputeProgress } from './progress.ts';
import { soundness } from './soundness.ts';
import { stepsOf } from './steps.ts';

/**
 * One look at everything that a compute environment consists of and needs: it is available, or degraded, with the reason.
 * With `repair` what is missing is made again and what has changed is put right, in place; then it is looked at once more.
 *
 * @throws whatever keeps it from being looked at: then it stays what it is
 */
export async function validateComputeEnvironment(input: ValidateInput): Promise<ValidateResult> {
  const { compute, repair, requestedBy, timing } = input;
  const plan = planCompute(compute, NO_RUN);
  const steps = [soundness, ...(repair ? stepsOf(plan) : [])];
  const progress = new ComputeProgress({ compute, steps, phase: 'available', requestedBy, timing });
  return await provision({
    progress,
    modes: COMPUTE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    open: () => openValidation(input, progress),
    make: (saga, opened) => validate(saga, { input, plan, progress, ...opened }),
    terminate: (pending) =>
      pending.goOn('disposeComputeEnvironment', { compute, drainMinutes: DRAIN_MINUTES, dataConfirmed: false, timing }),
  });
}

interface OpenedValidation extends Opened {
  readonly record: ComputeRecord;
}

const openValidation = async (input: ValidateInput, progress: ComputeProgress): Promise<OpenedValidation> => {
  const operation = operationOf<'validateComputeEnvironment'>(input.requestedBy);
  const { record } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => open.tried.openComputeValidation(input, operation)),
  );
  progress.resumeFrom(record);
  progress.enter(record.phase);
  return { record, unrestored: new Map(), close: (ending) => closeValidation(input, progress, record, ending) };
};

interface Validating extends OpenedValidation {
  readonly input: ValidateInput;
  readonly plan: ComputePlan;
  readonly progress: ComputeProgress;
}

const validate = async (saga: Saga, validating: Validating): Promise<ValidateResult> => {
  const { input, progress, record } = validating;
  const seen = await look(saga, validating);
  const { differences: found } = seen;
  const unrepaired = found.length > 0 && input.repair ? await repaired(saga, validating, seen) : found;
  // An update that is half done may have two of everything: whoever retries it tells which one counts.
  const half = record.computeBefore ? ['an update of it has not come to its end'] : [];
  const problems = [...half, ...unrepaired];
  const phase = problems.length > 0 ? 'degraded' : record.phase === 'degraded' ? 'available' : record.phase;
  const degraded = problems.length > 0 ? problems.join('; ') : null;
  const change: ComputeChange = {
    ...{ phase, phaseBefore: null, operation: null, degraded, lastValidated: nowIso() },
    error: null,
  };
  await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () => records.change(computeSubject(input.compute), change)),
  );
  Object.assign(progress.facts, { degraded, lastValidated: change.lastValidated });
  progress.enter(phase);
  return { phase, problems, repaired: found.filter((problem) => !problems.includes(problem)) };
};

const look = (saga: Saga, { input, plan, record }: Validating): Promise<Differences> =>
  saga.run(
    soundness,
    { compute: input.compute, plan, outputs: record.outputs, isHalf: record.computeBefore !== null },
    {},
  );

/** What is wrong still. Where it can't be put right, why. */
const repaired = async (
  saga: Saga,
  validating: Validating,
  { differences, exchangesInstances }: Differences,
): Promise<readonly string[]> => {
  const { input, plan, progress, record } = validating;
  const again = async () => (await look(saga, validating)).differences;
  // What stands for something that can't be known now is left alone.
  if (record.computeBefore) return await again();
  const running = exchangesInstances ? await queuesWithJobs(validating) : [];
  if (running.length > 0) return [...differences, notWhileJobsRun(running)];
  try {
    await makeGood({ compute: input.compute, plan, outputs: record.outputs, progress });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return [...(await again()), `it could not be repaired: ${(error as Error).message}`];
  }
  return await again();
};

/** Of those whose jobs stand on instances now. */
const queuesWithJobs = async ({ input, plan }: Validating): Promise<readonly string[]> => {
  const pools = poolNames(plan).filter((pool) => plan[`compute-environment-${pool}`]?.type !== 'FARGATE');
  const busy = await inOneStep('jobs', input.timing, () => busyPools(plan, pools, find.observeRunningJobs));
  return busy.map((pool) => plan[`job-queue-${pool}`]?.name ?? pool);
};

const notWhileJobsRun = (queues: readonly string[]): string =>
  `it is not repaired while jobs run in ${queues.join(', ')}: Batch would exchange their instances, and end those that take long`;

/** It stays what it is, and why it was not looked at is told. */
const closeValidation = async (
  input: ValidateInput,
  progress: ComputeProgress,
  record: ComputeRecord,
  ending: Ending,
): Promise<unknown> => {
  if (ending.isTerminated) return failureOf(ending, []);
  return await CancellationScope.nonCancellable(async () => {
    const cancelled = isCancellation(ending.cause);
    const failure = failureOf(ending, []);
    const error = { code: codeOf(failure), detail: failure.message, step: ending.first?.step ?? null };
    progress.recordOutcome(cancelled ? null : error, []);
    const unwritten = await tryToWrite(computeSubject(input.compute), input.timing, {
      ...{ phase: record.phase, phaseBefore: null, operation: null },
      error: cancelled ? null : error,
    });
    const end = cancelled ? ending.cause : failure;
    return unwritten === undefined ? end : unwrittenEnd(end, 'the validation has ended', unwritten);
  });
};

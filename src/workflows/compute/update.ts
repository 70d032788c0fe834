import { exchanged, generationsAfter } from '#domain/compute/generations.ts';
import { COMPUTE_REMOVALS, type ComputeInput, type UpdateInput } from '#domain/compute/input.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import type { ComputePlan, ComputeResolved } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeOutputs, ComputePhase } from '#domain/compute/view.ts';
import type { ResourceView } from '#domain/core/operation.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';
import { find, mutate, record as records } from '../kernel/calls.ts';
import { Limit } from '../kernel/limit.ts';
import { provision } from '../kernel/provision.ts';
import { removeStages } from '../kernel/removal-stages.ts';
import type { Saga } from '../kernel/saga.ts';
import { type AnyStep, disposal, inOneStep, minutes } from '../kernel/step.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { busyPools } from './busy-pools.ts';
import { DRAIN_MINUTES } from './drain.ts';
import { outdated, withImages } from './images.ts';
import { type Made, makeCompute } from './make.ts';
import { asThere } from './make-good.ts';
import { PHASE_WHILE } from './phases.ts';
import { ComputeProgress } from './progress.ts';
import { publishCompute } from './publish.ts';
import { type RemovedPools, removedPools } from './removed-pools.ts';
import { type FormerSpec, type Replacement, replacementsOf, retirement, updating } from './replace.ts';
import { stepsOf } from './steps.ts';
import { type OpenedUpdate, openUpdate } from './update-record.ts';

/**
 * Makes a compute environment what it is to be from now on: in place where Batch allows it, else by another environment
 * that is put in front of the former one on the pool's queue, is proved by a job, and takes its place. Until then a failure
 * puts everything back as it was; from then on it only goes forward.
 *
 * @throws the failure of the first step that failed; CompensationIncomplete where something could not be put back, or a
 *   former environment could not be taken away: calling again goes on with it.
 */
export async function updateComputeEnvironment(input: UpdateInput): Promise<ComputeOutputs> {
  return await update(input);
}

/** The same, where only the images are newer: every pool of which that is true gets another environment. */
export async function refreshImages(input: UpdateInput): Promise<ComputeOutputs> {
  return await update({ ...input, reason: 'images' });
}

const update = async (input: UpdateInput): Promise<ComputeOutputs> => {
  const { compute, drainMinutes, requestedBy, timing } = input;
  const steps = stepsOf(planCompute(compute, input.runId));
  const progress = new ComputeProgress({ compute, steps, phase: 'updating', requestedBy, timing });
  const limit = new Limit(minutes(drainMinutes));
  return await provision({
    progress,
    modes: COMPUTE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    open: () => openUpdate(input, progress),
    make: (saga, opened) => change(saga, { input, progress, limit, opened }),
    terminate: (pending) =>
      pending.goOn('disposeComputeEnvironment', { compute, drainMinutes: DRAIN_MINUTES, dataConfirmed: false, timing }),
  });
};

interface Changing {
  readonly input: UpdateInput;
  readonly progress: ComputeProgress;
  readonly limit: Limit;
  readonly opened: OpenedUpdate;
}

const change = async (saga: Saga, changing: Changing): Promise<ComputeOutputs> => {
  const { input, progress, opened } = changing;
  const { record, before } = opened;
  const found = await saga.run(computePreflight, asThere(planCompute(record.compute, input.runId)).preflight, {});
  const busy = await busyNow(before, record.compute, input);
  const { compute, resolved } = whatItWillBe(input, record, { found, busy });
  await pin(compute, changing);
  const plan = planCompute(compute, input.runId, before);
  const former = planCompute(before, input.runId);
  const replacements = replacementsOf(former, plan);
  const removed = removedPools(former, plan, changing.limit);
  const made = await makeCompute(updating(saga, replacements), { compute, plan, resolved });
  opened.switchTo(made);
  await retire(replacements, { ...changing, plan, made, removed });
  const isRemoved = ({ step }: ResourceView): boolean => step in removed.plan;
  const shown = {
    resources: () => progress.resources().filter((one) => !isRemoved(one)),
    ended: () => progress.ended(publishCompute.name),
  };
  const phase = phaseAfter(record);
  const deleted = [...record.deleted, ...progress.resources().filter(isRemoved)];
  const change = { phase, computeBefore: null, deleted };
  await saga.run(publishCompute, { subject: computeSubject(compute), change, ...shown }, { ...made });
  progress.publishes(made);
  progress.facts.deleted = deleted;
  progress.enter(phase);
  return made.outputs;
};

/** It stays disabled; what was degraded has been made good. */
const phaseAfter = ({ phaseBefore }: ComputeRecord): ComputePhase =>
  phaseBefore === 'disabled' ? phaseBefore : 'available';

/** Changed in place, they would end what runs there: another environment lets it come to its end. */
const busyNow = (before: ComputeInput, wanted: ComputeInput, { runId, timing }: UpdateInput): Promise<string[]> =>
  inOneStep('jobs', timing, () =>
    busyPools(planCompute(before, runId), exchanged(before, wanted), find.observeActiveJobs),
  );

interface FoundOut {
  readonly found: ComputeResolved;
  readonly busy: readonly string[];
}

const whatItWillBe = (
  { reason }: UpdateInput,
  { compute, computeBefore, outputs }: ComputeRecord,
  { found, busy }: FoundOut,
): { readonly compute: ComputeInput; readonly resolved: ComputeResolved } => {
  const replaced = reason === 'images' ? outdated(found, outputs) : [];
  const given = poolsOf(compute).flatMap(({ name, imageId }) => (imageId === null ? [] : [name]));
  return {
    compute: { ...compute, generations: generationsAfter(computeBefore ?? compute, compute, [...replaced, ...busy]) },
    resolved: withImages(found, outputs, [...replaced, ...given]),
  };
};

/** Before anything of another name is made: a removal goes by the record. */
const pin = async (compute: ComputeInput, { input, progress }: Changing): Promise<void> => {
  progress.facts.compute = compute;
  await inOneStep('record', input.timing, () => records.change(computeSubject(compute), { compute }));
};

interface Retiring extends Changing {
  readonly plan: ComputePlan;
  readonly made: Made;
  readonly removed: RemovedPools;
}

/** Takes away what has been replaced, and pools that are no more. @throws what the update ends with where something of it stays */
const retire = async (replacements: readonly Replacement[], retiring: Retiring): Promise<void> => {
  const { progress, limit, plan, made, removed, input, opened } = retiring;
  const retirements = replacements.map(({ pool }) => retirement(pool, limit));
  const [drains = [], ...rest] = removed.stages;
  const stages = [[...(retirements as readonly AnyStep[]), ...drains], ...rest];
  const steps = stages.flat();
  for (const step of steps) progress.include(step);
  const specs = replacements.map(({ pool, former }, nth): [string, FormerSpec] => {
    const queue = plan[`job-queue-${pool}`] as JobQueueSpec;
    const environmentArn = made.outputs.pools.find(({ name }) => name === pool)?.environment?.arn ?? '';
    const { schedulingPolicyArn } = made;
    return [retirements[nth]?.name ?? '', { former, queue, environmentArn, schedulingPolicyArn }];
  });
  const former = { ...removed.plan, ...Object.fromEntries(specs) };
  opened.retires(steps, former);
  const failed = await removeStages({
    ...{ stages, plan: former, progress, removal: disposal, parks: false },
    ...{ unrestored: new Map(), isOver: () => false },
  });
  if (failed[0]) throw failed[0].error;
  const slots = plan['reserve-slots'];
  if (slots) await inOneStep('slots', input.timing, () => mutate.ensureSlotsSettled(slots));
};

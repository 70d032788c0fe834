import { COMPUTE_REMOVALS, type CreateInput } from '#domain/compute/input.ts';
import { policyFor } from '#domain/compute/phase-policies.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeOutputs } from '#domain/compute/view.ts';
import { provision } from '../kernel/provision.ts';
import type { Saga } from '../kernel/saga.ts';
import { computePreflight } from '../steps/compute-preflight.ts';
import { openCreate } from './create-record.ts';
import { DRAIN_MINUTES } from './drain.ts';
import { keepingOf } from './keeping.ts';
import { makeCompute } from './make.ts';
import { PHASE_WHILE } from './phases.ts';
import { ComputeProgress } from './progress.ts';
import { publishCompute } from './publish.ts';
import { stepsOf } from './steps.ts';

/**
 * Makes a compute environment from a plan that stands in its record before anything is made. Where a step fails,
 * `rollback` takes back all that was made, `keep` leaves it, and `resume` leaves it and tries again by itself; a create that
 * was left is gone on with by another one under the same run id.
 *
 * @throws the failure of the first step that failed; CompensationIncomplete where something could not be taken back;
 *   a cancellation ends it as cancelled, cleanly.
 */
export async function createComputeEnvironment(input: CreateInput): Promise<ComputeOutputs> {
  const { compute, runId, requestedBy, timing } = input;
  const plan = planCompute(compute, runId);
  const progress = new ComputeProgress({ compute, steps: stepsOf(plan), phase: 'planned', requestedBy, timing });
  return await provision({
    progress,
    made: 'available',
    modes: COMPUTE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    unwinds: 'rolling-back',
    ...keepingOf(input, progress),
    open: () => openCreate({ input, plan, progress }),
    make: (create) => makeAndPublish(create, plan, { input, progress }),
    terminate: (pending) =>
      pending.goOn('disposeComputeEnvironment', { compute, drainMinutes: DRAIN_MINUTES, dataConfirmed: false, timing }),
  });
}

const makeAndPublish = async (
  create: Pick<Saga, 'run'>,
  plan: ComputePlan,
  { input: { compute }, progress }: { readonly input: CreateInput; readonly progress: ComputeProgress },
): Promise<ComputeOutputs> => {
  progress.enter('preflight');
  const resolved = await create.run(computePreflight, plan.preflight, { rights: policyFor('create', compute) });
  progress.enter('creating');
  const made = await makeCompute(create, { compute, plan, resolved });
  const shown = { resources: () => progress.resources(), ended: () => progress.ended(publishCompute.name) };
  await create.run(publishCompute, { subject: computeSubject(compute), change: {}, ...shown }, { ...made });
  progress.publishes(made);
  return made.outputs;
};

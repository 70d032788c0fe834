import { COMPUTE_REMOVALS, type DisposeInput, type DisposeResult } from '#domain/compute/input.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { Limit } from '../kernel/limit.ts';
import { remove } from '../kernel/removal.ts';
import { disposal, leftoversOfRun, minutes } from '../kernel/step.ts';
import { openRemoval } from './dispose-record.ts';
import { ALL_RUNS } from './former.ts';
import { PHASE_WHILE } from './phases.ts';
import { ComputeProgress } from './progress.ts';
import { removalStages } from './steps.ts';

/**
 * `drain` waits for jobs, up to a limit, `terminate` ends them, `force` hides the record besides; then everything goes that
 * the compute environment owns, but data that is to stay. `sweep` takes only what runs that failed have left. Works from
 * the record: its account, its names. Where it is to outlive its record, nothing is touched and all of it is listed.
 *
 * @throws CompensationIncomplete with what is left and why; calling again goes on with it.
 */
export async function disposeComputeEnvironment(input: DisposeInput): Promise<DisposeResult> {
  const { compute, mode, drainMinutes, requestedBy, timing } = input;
  const limit = new Limit(minutes(drainMinutes));
  const stages = removalStages(planCompute(compute, ALL_RUNS), mode === 'drain' ? limit : null);
  const phase = mode === 'sweep' ? 'failed-dirty' : PHASE_WHILE[mode];
  const progress = new ComputeProgress({ compute, steps: stages.flat(), phase, requestedBy, timing });
  return await remove({
    progress,
    input,
    stages,
    mode,
    parks: false,
    removal: mode === 'sweep' ? leftoversOfRun : disposal,
    modes: COMPUTE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    hurry: limit.end,
    open: () => openRemoval({ input, progress, limit }),
    terminate: (pending) => pending.goOn('disposeComputeEnvironment', { ...input }),
  });
}

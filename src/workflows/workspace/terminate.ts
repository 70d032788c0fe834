import type { TerminateInput, TerminateResult } from '#domain/workspace/input.ts';
import { remove } from '../kernel/removal.ts';
import { disposal, leftoversOfRun } from '../kernel/step.ts';
import { PHASE_WHILE } from './phases.ts';
import { workspaceProgress } from './progress.ts';
import { DISPOSE, PARK } from './steps.ts';
import { openTermination } from './terminate-record.ts';

/**
 * `park` takes away what costs or endangers (key, jobs, proxy) and keeps the rest for a relaunch; `dispose` takes away
 * everything that the workspace owns but the objects in the bucket; `sweep` only what a failed launch left. Works from
 * the record: its account, its names.
 *
 * @throws CompensationIncomplete with what is left and why; calling again goes on with it.
 */
export async function terminateWorkspace(input: TerminateInput): Promise<TerminateResult> {
  const { subject, mode, timing } = input;
  const stages = mode === 'park' ? PARK : DISPOSE;
  const progress = workspaceProgress({ subject, steps: stages.flat(), phase: PHASE_WHILE[mode], timing });
  return await remove({
    progress,
    input,
    stages,
    mode,
    parks: mode === 'park',
    removal: mode === 'sweep' ? leftoversOfRun : disposal,
    whileTerminating: PHASE_WHILE,
    open: () => openTermination(input, progress),
    terminate: (pending) => pending.goOn('terminateWorkspace', { subject, timing }),
  });
}

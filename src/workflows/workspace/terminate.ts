import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Before } from '#domain/core/before.ts';
import type { TerminateInput, TerminateResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { unfinishedOf, unrestoredOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import { registerControls } from '../kernel/controls.ts';
import { Progress } from '../kernel/progress.ts';
import { notTaken, remove } from '../kernel/removal.ts';
import type { Failed } from '../kernel/saga.ts';
import { disposal, leftoversOfLaunch } from '../kernel/step.ts';
import { intoTerminate, PendingTermination } from './pending-termination.ts';
import { DISPOSE, PARK } from './steps.ts';
import { closeTermination, openTermination, recordCancelled, recordNothingToPark } from './terminate-record.ts';
import { viewBase } from './view-base.ts';

/**
 * `park` takes away what costs or endangers (key, jobs, proxy) and keeps the rest for a relaunch; `dispose` takes away
 * everything that the workspace owns but the objects in the bucket; `sweep` only what a failed launch left. Works from
 * the record: its account, its names.
 *
 * @throws CompensationIncomplete with what is left and why; calling again goes on with it.
 */
export async function terminateWorkspace(input: TerminateInput): Promise<TerminateResult> {
  const { mode, timing } = input;
  const stages = mode === 'park' ? PARK : DISPOSE;
  const progress = new Progress(viewBase(input.subject), stages.flat(), PHASE_WHILE[mode], timing);
  const work = new CancellationScope();
  const wish = new PendingTermination((wanted) => progress.enter(PHASE_WHILE[wanted]));
  registerControls(progress, ({ mode: wanted, requestedBy }) => {
    if (mode !== 'dispose' && wanted !== mode) wish.ask({ mode: wanted, requestedBy });
  });

  let opened: WorkspaceRecord | null;
  try {
    opened = await openTermination(input, progress);
  } catch (error) {
    progress.refused(error);
    if (wish.mode) return await intoTerminate(input.subject, wish, timing);
    throw error;
  }
  if (!opened) return { mode, residue: [] };
  const record = opened;
  if (mode === 'park' && record.phaseBefore === 'disposed') return await recordNothingToPark(input, progress);
  const planOf = (launchId: string) => planWorkspace({ workspace: record.workspace, launchId, timing });
  const unfinished = unfinishedOf(record);
  const unrestored = mode === 'sweep' ? unrestoredOf(record) : new Map<string, Before>();
  const launches = mode === 'sweep' && unfinished.length > 0 ? unfinished : [record.launchId];

  const upgraded = () => wish.mode !== null;
  const removal = mode === 'sweep' ? leftoversOfLaunch : disposal;
  const removing = { stages, progress, removal, parks: mode === 'park', unrestored, upgraded };
  const closing = { input, record, planOf, launches, progress, upgraded };

  try {
    const failed = await work.run(async () => {
      const removed: Failed[] = [];
      for (const launchId of launches) removed.push(...(await remove({ ...removing, plan: planOf(launchId) })));
      return removed;
    });
    if (!wish.mode) {
      const result = await closeTermination({ ...closing, failed });
      if (!wish.mode) return result;
    }
  } catch (error) {
    if (isCancellation(error)) await recordCancelled({ ...closing, failed: notTaken(stages, progress, mode) });
    if (!wish.mode) throw error;
  }
  return await intoTerminate(input.subject, wish, timing);
}

const PHASE_WHILE = { park: 'parking', dispose: 'disposing', sweep: 'failed' } as const;

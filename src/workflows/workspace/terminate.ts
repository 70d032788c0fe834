import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Before } from '#domain/workspace/before.ts';
import type { RemovalMode, TerminateInput, TerminateResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { unfinishedOf, unrestoredOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { registerControls } from '../controls.ts';
import { Progress } from '../progress.ts';
import type { Failed, Unrestored } from '../saga.ts';
import { disposal, leftoversOfLaunch } from '../step.ts';
import { DISPOSE, PARK, type Removals } from './removals.ts';
import { closeTermination, openTermination, stayDisposed, stopHalfway } from './terminate-record.ts';
import { intoTerminate, TerminateWish } from './terminate-wish.ts';
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
  const removals = mode === 'park' ? PARK : DISPOSE;
  const progress = new Progress(viewBase(input.subject), removals.flat(), PHASE_WHILE[mode], timing);
  const work = new CancellationScope();
  const wish = new TerminateWish((wanted) => progress.enter(PHASE_WHILE[wanted]));
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
  if (mode === 'park' && record.phaseBefore === 'disposed') return await stayDisposed(input, progress);
  const planOf = (launchId: string) => planWorkspace({ workspace: record.workspace, launchId, timing });
  const unfinished = unfinishedOf(record);
  const unrestored = mode === 'sweep' ? unrestoredOf(record) : new Map<string, Before>();
  const launches = mode === 'sweep' && unfinished.length > 0 ? unfinished : [record.launchId];

  const upgraded = () => wish.mode !== null;
  const closing = { input, record, planOf, launches, progress, upgraded };

  try {
    const failed = await work.run(async () => {
      const removed: Failed[] = [];
      for (const launchId of launches)
        removed.push(...(await remove({ removals, plan: planOf(launchId), progress, mode, unrestored, upgraded })));
      return removed;
    });
    if (!wish.mode) {
      const result = await closeTermination({ ...closing, failed });
      if (!wish.mode) return result;
    }
  } catch (error) {
    if (isCancellation(error)) await stopHalfway({ ...closing, failed: notTaken(removals, progress, mode) });
    if (!wish.mode) throw error;
  }
  return await intoTerminate(input.subject, wish, timing);
}

const PHASE_WHILE = { park: 'parking', dispose: 'disposing', sweep: 'failed' } as const;

/** Steps that a cancellation left undone. */
const notTaken = (removals: Removals, progress: Progress, mode: RemovalMode): Failed[] =>
  removals
    .flat()
    .filter(({ name }) => progress.of(name).state !== 'undone')
    .map(({ name }) => ({ step: name, error: new Error(`${mode} was cancelled before this was removed`) }));

interface Removing {
  readonly removals: Removals;
  readonly plan: WorkspacePlan;
  readonly progress: Progress;
  readonly mode: RemovalMode;
  /** What launches that failed changed and could not put back, by step. */
  readonly unrestored: Unrestored;
  /** A stronger wish came in: what is left to do is its business. */
  readonly upgraded: () => boolean;
}

/** Stage after stage; what stands in one stage goes side by side, and what fails doesn't stop the rest. */
async function remove({ removals, plan, progress, mode, unrestored, upgraded }: Removing): Promise<Failed[]> {
  const removal = mode === 'sweep' ? leftoversOfLaunch : disposal;
  const failed: Failed[] = [];
  const altered: Failed[] = [];
  for (const stage of removals) {
    if (upgraded()) break;
    const results = await Promise.allSettled(
      stage.map(async ({ name, expectedMs, remove: take, restore, after = [] }) => {
        if (failed.some((one) => after.includes(one.step))) return; // its place is still taken
        const run = progress.of(name);
        await progress.execute(run, expectedMs, true, () => take(plan, removal));
        const before = unrestored.get(name);
        if (!restore || !before) return;
        await progress
          .execute(run, expectedMs, true, () => restore(plan, before))
          .catch((error: unknown) => {
            if (isCancellation(error)) throw error;
            altered.push({ step: name, error, before });
          });
      }),
    );
    failed.push(...altered.splice(0));
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return;
      if (isCancellation(result.reason)) throw result.reason;
      failed.push({ step: stage[index]?.name ?? '', error: result.reason });
      progress.bounded = true;
    });
  }
  return failed;
}

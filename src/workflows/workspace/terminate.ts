import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { codeOf, fail, type Leftover } from '#domain/failures.ts';
import type { RemovalMode, TerminateInput, TerminateResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { mutate, undo } from '../activities.ts';
import { registerControls } from '../controls.ts';
import { Progress } from '../progress.ts';
import type { Failed } from '../saga.ts';
import { disposal, inOneStep, leftoversOfLaunch } from '../step.ts';
import { operationOf } from './operation.ts';
import { remaining } from './remaining.ts';
import { DISPOSE, PARK, PARKED_TYPES, type Removals, staysParked } from './removals.ts';
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
  const progress = new Progress(viewBase(input.workspaceId), removals.flat(), PHASE_WHILE[mode], timing);
  const work = new CancellationScope();
  const wish = new TerminateWish((wanted) => progress.enter(PHASE_WHILE[wanted]));
  registerControls(progress, ({ mode: wanted, requestedBy }) => {
    if (mode !== 'dispose' && wanted !== mode) wish.ask({ mode: wanted, requestedBy });
  });

  const record = await openTermination(input, progress);
  if (!record) return { mode, residue: [] };
  if (mode === 'park' && record.phaseBefore === 'disposed') return await stayDisposed(input, progress);
  const plan = planWorkspace({ workspace: record.workspace, launchId: record.launchId, timing });

  try {
    const failed = await work.run(() => remove({ removals, plan, progress, mode, upgraded: () => wish.mode !== null }));
    if (!wish.mode) {
      const upgraded = () => wish.mode !== null;
      const result = await closeTermination({ input, record, plan, progress, failed, upgraded });
      if (!wish.mode) return result;
    }
  } catch (error) {
    if (isCancellation(error)) await giveBack(input, record, progress);
    if (!wish.mode) throw error;
  }
  return await intoTerminate(input, wish, timing);
}

const PHASE_WHILE = { park: 'parking', dispose: 'disposing', sweep: 'failed' } as const;

/** There is nothing to park: the record goes back to what it said. */
async function stayDisposed(input: TerminateInput, progress: Progress): Promise<TerminateResult> {
  await inOneStep('record', input.timing, () =>
    undo.changeRecord(ids(input), { phase: 'disposed', phaseBefore: null, operation: null }),
  );
  progress.enter('disposed');
  return { mode: input.mode, residue: [] };
}

interface Removing {
  readonly removals: Removals;
  readonly plan: WorkspacePlan;
  readonly progress: Progress;
  readonly mode: RemovalMode;
  /** A stronger wish came in: what is left to do is its business. */
  readonly upgraded: () => boolean;
}

/** Stage after stage; what stands in one stage goes side by side, and what fails doesn't stop the rest. */
async function remove({ removals, plan, progress, mode, upgraded }: Removing): Promise<Failed[]> {
  const removal = mode === 'sweep' ? leftoversOfLaunch : disposal;
  const failed: Failed[] = [];
  for (const stage of removals) {
    if (upgraded()) break;
    const results = await Promise.allSettled(
      stage.map(async ({ name, expectedMs, remove: take, after = [] }) => {
        if (failed.some((one) => after.includes(one.step))) return; // its place is still taken
        await progress.execute(progress.of(name), expectedMs, true, () => take(plan, removal));
      }),
    );
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return;
      if (isCancellation(result.reason)) throw result.reason;
      failed.push({ step: stage[index]?.name ?? '', error: result.reason });
      progress.bounded = true;
    });
  }
  return failed;
}

const ids = ({ environment, escapedUser }: TerminateInput) => ({ environment, escapedUser });

const openTermination = (input: TerminateInput, progress: Progress): Promise<WorkspaceRecord | null> =>
  CancellationScope.nonCancellable(async () => {
    const operation = operationOf('terminateWorkspace', input.requestedBy);
    const { record } = await inOneStep('record', input.timing, () =>
      mutate.openTermination({ id: input.workspaceId, ...ids(input), mode: input.mode, operation }),
    );
    if (record) {
      progress.keep(record.resources);
      progress.since(record.createdAt);
    }
    return record;
  });

interface Closing {
  readonly input: TerminateInput;
  readonly record: WorkspaceRecord;
  readonly plan: WorkspacePlan;
  readonly progress: Progress;
  readonly failed: readonly Failed[];
  readonly upgraded: () => boolean;
}

async function closeTermination({
  input,
  record,
  plan,
  progress,
  failed,
  upgraded,
}: Closing): Promise<TerminateResult> {
  const { mode } = input;
  return await CancellationScope.nonCancellable(async () => {
    const residue = mode === 'park' ? failed.map(asResidue) : await verified(mode, plan, failed, progress);
    const failure = residue.length > 0 ? incomplete(mode, residue, failed) : null;
    // Workers that take their time cost a little and harm nobody: the workspace counts as parked, with that residue.
    const parked = mode === 'park' && failed.every(({ step }) => step === 'compute-environment');
    const phase = parked ? 'parked' : failure ? 'failed' : phaseAfter(mode, record);
    const error = failure && { code: codeOf(failure), detail: failure.message, step: failed[0]?.step ?? null };
    progress.failed(error, residue);
    await inOneStep('record', input.timing, () =>
      undo.changeRecord(ids(input), {
        phase,
        phaseBefore: mode === 'sweep' && failure ? record.phaseBefore : null,
        operation: null,
        steps: progress.steps(),
        error,
        leftovers: residue,
        ...(mode !== 'sweep' && { key: null }),
        ...(mode === 'park' && { resources: record.resources.filter(staysParked(failed)) }),
        ...(phase === 'disposed' && { resources: [], disposedAt: new Date().toISOString() }),
      }),
    );
    // Only now: until the record says so too, another operation would be refused.
    if (!upgraded()) progress.enter(phase);
    if (failure && !parked) throw failure;
    return { mode, residue };
  });
}

/** A sweep gives back what was before the launch that failed. */
const phaseAfter = (mode: RemovalMode, { phaseBefore }: WorkspaceRecord): Phase => {
  if (mode === 'park') return 'parked';
  return mode === 'sweep' && (phaseBefore === 'running' || phaseBefore === 'parked') ? phaseBefore : 'disposed';
};

/** Proof that nothing is left: AWS is asked even when every removal said that it succeeded. */
async function verified(
  mode: RemovalMode,
  plan: WorkspacePlan,
  failed: readonly Failed[],
  progress: Progress,
): Promise<Leftover[]> {
  const suspects =
    failed.length > 0 ? failed : [{ step: 'network', error: new Error('it was still there at the end') }];
  return await remaining(plan, mode === 'sweep' ? 'launch' : 'workspace', suspects, progress);
}

const asResidue = ({ step, error }: Failed): Leftover => ({
  type: PARKED_TYPES[step] ?? step,
  id: null,
  name: null,
  reason: error instanceof Error ? error.message : String(error),
});

const incomplete = (mode: string, residue: readonly Leftover[], failed: readonly Failed[]) => {
  const names = residue.map(({ type, name, id, reason }) => `${type} ${name ?? id ?? ''} (${reason})`).join(', ');
  const cause = failed[0]?.error;
  return fail(
    'CompensationIncomplete',
    `${mode} left: ${names}`,
    { leftovers: residue },
    cause instanceof Error ? cause : undefined,
  );
};

/** Cancelled half-way: nothing is lost, terminating again goes on. */
async function giveBack(input: TerminateInput, record: WorkspaceRecord, progress: Progress): Promise<void> {
  log.warn('termination was cancelled half-way', { workspace: record.id });
  await CancellationScope.nonCancellable(() =>
    inOneStep('record', input.timing, () =>
      undo.changeRecord(ids(input), {
        phase: 'failed',
        operation: null,
        steps: progress.steps(),
        error: { code: 'Conflict', detail: `${input.mode} was cancelled half-way: terminate again`, step: null },
      }),
    ),
  );
}

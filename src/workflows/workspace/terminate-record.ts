/** The record of the workspace at the two ends of a termination. */

import { CancellationScope, log, patched } from '@temporalio/workflow';
import { tell } from '#domain/core/commands.ts';
import { codeOf, type Leftover } from '#domain/core/failures.ts';
import type { ResourceView } from '#domain/core/operation.ts';
import type { RemovalMode, TerminateInput, TerminateResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { isThere, type RecordChange, unrestoredOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { record as records } from '../kernel/calls.ts';
import { operationOf } from '../kernel/operation.ts';
import { incompleteRemoval, notRestored } from '../kernel/outcome.ts';
import { areHarmless, stillThere } from '../kernel/parked.ts';
import type { Progress } from '../kernel/progress.ts';
import {
  isAmong,
  listInsistently,
  listRemaining,
  merged,
  notParked,
  proveGone,
  remaining,
  stillLeft,
} from '../kernel/remaining.ts';
import type { OpenRemoval } from '../kernel/removal.ts';
import type { Failed } from '../kernel/saga.ts';
import { inOneStep } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientRole } from '../steps/client-role.ts';
import { LAUNCH } from './steps.ts';

/** Pins the termination in the record. */
export const openTermination = async (
  input: TerminateInput,
  progress: Progress,
): Promise<OpenRemoval<TerminateResult> | { readonly result: TerminateResult }> => {
  const { mode, timing } = input;
  const record = await pin(input);
  const nothing = { result: { mode, residue: [] } };
  if (!record) return nothing;
  progress.resumeFrom(record);
  if (mode === 'park' && record.phaseBefore === 'disposed') {
    await recordNothingToPark(input, progress);
    return nothing;
  }
  const planOf = (launchId: string) => planWorkspace({ workspace: record.workspace, launchId, timing });
  const unfinished = record.unfinished;
  const launches = mode === 'sweep' && unfinished.length > 0 ? unfinished : [record.launchId];
  const closing = { input, record, planOf, launches, progress };
  return {
    plans: launches.map(planOf),
    unrestored: mode === 'sweep' ? unrestoredOf(record) : new Map(),
    close: (failed, upgraded) => closeTermination({ ...closing, failed }, upgraded),
    recordCancelled: (failed) => recordCancelled({ ...closing, failed }),
  };
};

/** Null where there is nothing to terminate. */
const pin = (input: TerminateInput): Promise<WorkspaceRecord | null> =>
  CancellationScope.nonCancellable(async () => {
    const { subject, mode, timing, requestedBy, parkedSince, unchangedSince } = input;
    const operation = operationOf<'terminateWorkspace'>(requestedBy);
    const { record } = await inOneStep('record', timing, () =>
      records.openTermination({ subject, mode, operation, parkedSince, unchangedSince }),
    );
    return record;
  });

interface Closing {
  readonly input: TerminateInput;
  readonly record: WorkspaceRecord;
  readonly planOf: (launchId: string) => WorkspacePlan;
  /** Whose things were removed. */
  readonly launches: readonly string[];
  readonly progress: Progress;
  readonly failed: readonly Failed[];
}

/** Looks at what is left, and writes how it ended. @throws CompensationIncomplete with what is left */
async function closeTermination(closing: Closing, upgraded: () => boolean): Promise<TerminateResult> {
  const { input, record, progress, failed } = closing;
  const { mode, timing } = input;
  return await CancellationScope.nonCancellable(async () => {
    const left = await leftBy(closing);
    const { residue, unfinished } = left;
    const failure = residue.length > 0 ? incompleteRemoval(mode, residue, failed) : null;
    // Workers that take their time cost a little and harm nobody: the workspace counts as parked, with that residue. So
    // does one with a step that was given up, or refused, when AWS shows nothing of what it was to take away. Of launches
    // whose leftovers AWS does not tell now, nothing is known: they stay unfinished, and the workspace is what it is.
    const harmless = !failure || (unfinished.length === 0 && areHarmless(LAUNCH, failed));
    const parked = mode === 'park' && harmless;
    const there = parked && !failure ? await thereAfterPark(closing) : undefined;
    const phase = parked && there?.length !== 0 ? 'parked' : failure ? 'failed' : phaseAfter(mode, record);
    const error = failure && { code: codeOf(failure), detail: failure.message, step: failed[0]?.step ?? null };
    progress.recordOutcome(error, residue);
    const unwritten = await tryToWrite(input.subject, timing, {
      ...endOf(closing, left),
      phase,
      phaseBefore: phaseBehind(closing, unfinished, failure !== null),
      error,
      unrestored: mode === 'sweep' ? notRestored(failed) : [],
      remedy: failure ? remedyFor(closing) : null,
      ...(there && there.length > 0 && { resources: there }),
      ...(phase === 'disposed' && { resources: [], disposedAt: new Date().toISOString() }),
    });
    if (unwritten !== undefined) throw unwrittenEnd(failure, `${mode} is done`, unwritten);
    // Only now: until the record says so too, another operation would be refused.
    if (!upgraded()) progress.enter(phase);
    if (failure && !parked) throw failure;
    return { mode, residue };
  });
}

/**
 * Cancelled half-way. What was taken away can't come back, so the workspace is not what it was: it is failed, what is
 * still to be taken is left over, and a retry goes on with it.
 */
async function recordCancelled(closing: Closing): Promise<void> {
  const { input, progress } = closing;
  const { mode, timing } = input;
  log.warn('termination was cancelled half-way', { workspace: closing.record.id });
  await CancellationScope.nonCancellable(async () => {
    const left = await leftBy(closing);
    const error = {
      code: 'Cancelled',
      detail: `${mode} was cancelled half-way: ${tell('resume', input.subject)} goes on with it, ${tell('make', input.subject)} restores the workspace`,
      step: null,
    } as const;
    progress.recordOutcome(error, left.residue);
    const unwritten = await tryToWrite(input.subject, timing, {
      ...endOf(closing, left),
      phase: 'failed',
      phaseBefore: mode === 'sweep' ? closing.record.phaseBefore : null,
      error,
      remedy: mode,
    });
    if (unwritten !== undefined) throw unwrittenEnd(undefined, `${mode} was cancelled half-way`, unwritten);
    progress.enter('failed');
  });
}

const leftBy = (closing: Closing): Promise<Left> =>
  closing.input.mode === 'park' ? leftByPark(closing) : leftByRemoval(closing);

/** What the record says of either end. */
const endOf = (
  { input: { mode }, record, planOf, progress, failed }: Closing,
  { residue, unfinished }: Left,
): RecordChange => ({
  ...progress.ended(),
  leftovers: residue,
  unfinished,
  ...(mode !== 'sweep' && progress.of(accessKey.name).calls > 0 && { key: null }),
  ...(mode !== 'sweep' && progress.of(clientRole.name).calls > 0 && { token: null }),
  ...(mode === 'park' && {
    resources: stillThere({ steps: LAUNCH, plan: planOf(record.launchId) }, record.resources, failed),
  }),
  ...(mode === 'dispose' && { resources: record.resources.filter(isAmong(residue)) }),
});

/**
 * What there is of a workspace that was not there before, where it can be asked: what its launch adopted, or nothing, and
 * then there is nothing to be parked. Undefined for one that was there.
 */
const thereAfterPark = async ({ record, planOf, progress }: Closing): Promise<ResourceView[] | undefined> => {
  if (wasThere(record)) return undefined;
  const whole = { steps: LAUNCH, plan: planOf(record.launchId), progress };
  try {
    const found = await listRemaining(whole, 'owner').catch((error) => {
      if (!patched('what there is to be parked is insisted on')) throw error;
      return listInsistently(whole, 'owner');
    });
    return found.map(({ step, type, id, name }) => ({ step, type, id: id ?? name ?? '', name, origin: 'adopted' }));
  } catch {
    return undefined;
  }
};

/** A sweep gives back what was before the launch that failed. */
const phaseAfter = (mode: RemovalMode, { phaseBefore }: WorkspaceRecord): Phase =>
  mode === 'sweep' && isThere(phaseBefore) ? phaseBefore : 'disposed';

/** What a workspace that failed is without its leftovers. */
const phaseBehind = (closing: Closing, unfinished: readonly string[], isFailed: boolean): Phase | null => {
  const { input, record } = closing;
  if (input.mode === 'sweep') return isFailed ? record.phaseBefore : null;
  return isFailed && input.mode === 'park' && unfinished.length > 0 && remedyFor(closing) === 'sweep' ? 'parked' : null;
};

/** A park that failed is parked once more; what launches left beside one that didn't is swept, or was all there was. */
const remedyFor = ({ input: { mode }, failed, record }: Closing): RemovalMode => {
  if (mode !== 'park' || failed.length > 0) return mode;
  return wasThere(record) ? 'sweep' : 'dispose';
};

/**
 * Also one that a park failed on: what it has stays listed. Parked with nothing listed, AWS did not tell what there was.
 */
const wasThere = ({ phaseBefore, resources }: WorkspaceRecord): boolean =>
  phaseBefore === 'running' || resources.length > 0;

interface Left {
  readonly residue: readonly Leftover[];
  readonly unfinished: readonly string[];
}

/** A park keeps most things; what launches that failed left behind is none of those. */
async function leftByPark({ record, planOf, progress, failed }: Closing): Promise<Left> {
  const launches = record.unfinished;
  const { leftovers, unfinished } = await stillLeft({
    steps: LAUNCH,
    launches,
    leftovers: launches.length > 0 ? record.leftovers : [],
    adopted: false,
    planOf,
    progress,
  });
  const own = await notParked({ steps: LAUNCH, plan: planOf(record.launchId), progress }, failed);
  return { residue: merged(own, leftovers), unfinished };
}

/** Proof that nothing is left: AWS is asked even when every removal said that it succeeded. */
async function leftByRemoval({ input, planOf, launches, failed, progress }: Closing): Promise<Left> {
  const isSweep = input.mode === 'sweep';
  const by = isSweep ? 'run' : 'owner';
  const lists: Leftover[][] = [];
  for (const launchId of launches) {
    const whole = { steps: LAUNCH, plan: planOf(launchId), progress };
    lists.push(await (failed.length > 0 ? remaining(whole, by, failed) : proveGone(whole, by)));
  }
  const unfinished = isSweep ? launches.filter((_, index) => (lists[index]?.length ?? 0) > 0) : [];
  return { residue: merged(...lists), unfinished };
}

/** There is nothing to park: the record goes back to what it said. */
async function recordNothingToPark(input: TerminateInput, progress: Progress): Promise<void> {
  await inOneStep('record', input.timing, () =>
    records.change(input.subject, { phase: 'disposed', phaseBefore: null, operation: null }),
  );
  progress.enter('disposed');
}

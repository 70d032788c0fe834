/** The record of the compute environment at the two ends of a removal. */

import { CancellationScope, log } from '@temporalio/workflow';
import type { DisposeInput, DisposeResult } from '#domain/compute/input.ts';
import { type ComputeChange, type ComputeRecord, isThere } from '#domain/compute/record.ts';
import type { ComputePlan } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { tenantsRemain } from '#domain/compute/tenancy.ts';
import type { ComputePhase } from '#domain/compute/view.ts';
import { tell } from '#domain/core/commands.ts';
import { codeOf, fail, type Leftover } from '#domain/core/failures.ts';
import { find, open, record as records } from '../kernel/calls.ts';
import type { Limit } from '../kernel/limit.ts';
import { operationOf } from '../kernel/operation.ts';
import { incompleteRemoval } from '../kernel/outcome.ts';
import { isAmong, listRemaining, merged, proveGone, remaining } from '../kernel/remaining.ts';
import type { OpenRemoval } from '../kernel/removal.ts';
import type { Failed } from '../kernel/saga.ts';
import { type AnyStep, inOneStep, insistently, isPlanned } from '../kernel/step.ts';
import { tryToWrite, unwrittenEnd } from '../kernel/write-record.ts';
import { ALL_RUNS, removalPlan } from './former.ts';
import type { ComputeProgress } from './progress.ts';
import { FILE_SYSTEMS, removalStages } from './steps.ts';

interface Removal {
  readonly input: DisposeInput;
  readonly progress: ComputeProgress;
  /** Of the wait for jobs. */
  readonly limit: Limit;
}

type Opened = OpenRemoval<DisposeResult> | { readonly result: DisposeResult };

/** Pins the removal in the record. */
export const openRemoval = async ({ input, progress, limit }: Removal): Promise<Opened> => {
  const { mode, timing, requestedBy } = input;
  const operation = operationOf<'disposeComputeEnvironment'>(requestedBy);
  const { record } = await CancellationScope.nonCancellable(() =>
    inOneStep('record', timing, () => open.insisted.openComputeRemoval(input, operation)),
  );
  if (!record) return { result: { mode, residue: [], retained: [] } };
  progress.resumeFrom(record);
  progress.enter(record.phase);
  if (mode !== 'sweep' && record.compute.config.eyrie.shared) await refuseTenants({ input, record, progress });
  const planOf = (run: string) => removalPlan(record, run, record.dataConfirmed);
  const stages = removalStages(planOf(ALL_RUNS), mode === 'drain' ? limit : null);
  for (const step of stages.flat()) if (!progress.runs.some(({ name }) => name === step.name)) progress.include(step);
  const steps = stages.flat();
  if (mode !== 'sweep' && !record.compute.config.forge.disposeOnDeletion) {
    return { result: await recordRetained({ input, record, progress, steps, plan: planOf(ALL_RUNS) }) };
  }
  const runs = mode !== 'sweep' ? [ALL_RUNS] : record.unfinished.length > 0 ? record.unfinished : [record.runId];
  const retained = mode === 'sweep' ? [] : await retainedBy({ record, progress, plan: planOf(ALL_RUNS) });
  const closing = { input, record, runs, progress, steps, planOf, retained };
  return {
    plans: runs.map(planOf),
    stages,
    unrestored: new Map(),
    close: (failed, upgraded) => closeRemoval({ ...closing, failed }, upgraded),
    recordCancelled: (failed) => recordCancelled({ ...closing, failed }),
  };
};

/** Its phase keeps new ones out by now. @throws DisposeFirst where others still run in it: then it is what it was */
const refuseTenants = async ({ input, record, progress }: Pick<Closing, 'input' | 'record' | 'progress'>) => {
  const { timing } = input;
  const subject = computeSubject(record.compute);
  const tenants = await inOneStep('tenants', timing, () => find.findTenants(subject));
  if (tenants.length === 0) return;
  await CancellationScope.nonCancellable(async () => {
    const failure = fail('DisposeFirst', tenantsRemain(record.id, tenants.length));
    const error = { code: codeOf(failure), detail: failure.message, step: null };
    const phase = record.phaseBefore ?? 'degraded';
    progress.recordOutcome(error, record.leftovers);
    const unwritten = await tryToWrite(subject, timing, {
      ...{ phase, phaseBefore: null, operation: null, error, hidden: false },
      ...(record.computeBefore && { remedy: 'update' }),
    });
    if (unwritten !== undefined) throw unwrittenEnd(failure, 'it was refused', unwritten);
    progress.enter(phase);
    throw failure;
  });
};

interface Closing {
  readonly input: DisposeInput;
  readonly record: ComputeRecord;
  /** Whose things are removed. */
  readonly runs: readonly string[];
  readonly progress: ComputeProgress;
  readonly steps: readonly AnyStep[];
  readonly planOf: (run: string) => ComputePlan;
  /** What stays because it was asked to. */
  readonly retained: readonly Leftover[];
  readonly failed: readonly Failed[];
}

/** Looks at what is left, and writes how it ended. @throws CompensationIncomplete with what is left */
const closeRemoval = async (closing: Closing, upgraded: () => boolean): Promise<DisposeResult> => {
  const { input, record, progress, failed } = closing;
  const { mode, compute, timing } = input;
  return await CancellationScope.nonCancellable(async () => {
    const retained = merged(closing.retained, await backupsOf(closing));
    const left = await leftBy(closing);
    const { residue } = left;
    const failure = residue.length > 0 ? incompleteRemoval(mode, residue, failed) : null;
    const error = failure && { code: codeOf(failure), detail: failure.message, step: failed[0]?.step ?? null };
    const phase = failure ? 'failed-dirty' : phaseAfter(mode, record);
    progress.recordOutcome(error, residue);
    progress.facts.retained = retained;
    const unwritten = await tryToWrite(computeSubject(compute), timing, {
      ...endOf({ ...closing, retained }, left),
      phase,
      phaseBefore: failure && mode === 'sweep' ? record.phaseBefore : null,
      error,
      remedy: failure ? mode : phase === 'failed-clean' ? 'create' : null,
      ...(phase === 'deleted' && {
        ...{ resources: [], unfinished: [], computeBefore: null },
        // Forgotten some day, unless it is what still says whose the data was.
        disposedAt: retained.length > 0 ? null : new Date().toISOString(),
      }),
    });
    if (unwritten !== undefined) throw unwrittenEnd(failure, `${mode} is done`, unwritten);
    // Only now: until the record says so too, another operation would be refused.
    if (!upgraded()) progress.enter(phase);
    if (failure) throw failure;
    return { mode, residue, retained };
  });
};

/** Cancelled half-way: what went can't come back, and a retry goes on with it. */
const recordCancelled = async (closing: Closing): Promise<void> => {
  const { input, record, progress } = closing;
  const { mode, compute, timing } = input;
  log.warn('removal was cancelled half-way', { compute: record.id });
  await CancellationScope.nonCancellable(async () => {
    const detail = `${mode} was cancelled half-way: ${tell('resume', record.subject)} goes on with it`;
    const error = { code: 'Cancelled', detail, step: null } as const;
    const left = await leftBy(closing);
    progress.recordOutcome(error, left.residue);
    const unwritten = await tryToWrite(computeSubject(compute), timing, {
      ...endOf(closing, left),
      phase: 'failed-dirty',
      phaseBefore: mode === 'sweep' ? record.phaseBefore : null,
      error,
      remedy: mode,
    });
    if (unwritten !== undefined) throw unwrittenEnd(undefined, detail, unwritten);
    progress.enter('failed-dirty');
  });
};

const endOf = ({ record, progress, retained }: Closing, { residue, unfinished }: Left): ComputeChange => {
  const isLeft = isAmong(residue);
  const isRetained = ({ type, id }: { type: string; id: string }): boolean =>
    retained.some((one) => one.type === type && one.id === id);
  const gone = record.resources.filter((one) => !isLeft(one) && !isRetained(one));
  return {
    ...progress.ended(),
    leftovers: residue,
    retained,
    unfinished,
    resources: record.resources.filter(isLeft),
    deleted: [...record.deleted, ...gone],
  };
};

interface Left {
  readonly residue: readonly Leftover[];
  /** Runs that have left something still. */
  readonly unfinished: readonly string[];
}

/** Proof that nothing is left: AWS is asked even when every removal said that it succeeded. */
const leftBy = async ({ input, runs, planOf, progress, steps, failed, record }: Closing): Promise<Left> => {
  const by = input.mode === 'sweep' ? 'run' : 'owner';
  const lists: Leftover[][] = [];
  for (const run of runs) {
    const plan = planOf(run);
    const whole = { steps: steps.filter((step) => isPlanned(plan, step)), plan, progress };
    lists.push(await (failed.length > 0 ? remaining(whole, by, failed) : proveGone(whole, by)));
  }
  const unfinished = by === 'run' ? runs.filter((_, nth) => (lists[nth]?.length ?? 0) > 0) : record.unfinished;
  return { residue: merged(...lists), unfinished };
};

interface Asking {
  readonly record: ComputeRecord;
  readonly progress: ComputeProgress;
  readonly plan: ComputePlan;
}

/** File systems whose data is to stay, and what an earlier removal has let stay. */
const retainedBy = async ({ record, progress, plan }: Asking): Promise<readonly Leftover[]> => {
  if (record.compute.config.eyrie.dataGuard !== 'retain') return record.retained;
  return merged(record.retained, await listed({ record, progress, plan }, FILE_SYSTEMS, 'its data is retained'));
};

/** What the guard has made of a file system's data before it went. Where AWS does not say, the removal is over all the same. */
const backupsOf = async ({ input: { mode, timing }, record, planOf }: Closing): Promise<readonly Leftover[]> => {
  if (mode === 'sweep' || record.compute.config.eyrie.dataGuard !== 'snapshot') return [];
  const { preflight } = planOf(ALL_RUNS);
  const look = () => insistently(() => find.observeRetained(preflight));
  return await inOneStep('backups', timing, look).catch(() => []);
};

/** Asked of AWS; where that does not answer, what the record says. */
const listed = async (
  { record, progress, plan }: Asking,
  steps: readonly AnyStep[],
  reason: string,
): Promise<Leftover[]> => {
  const planned = steps.filter((step) => isPlanned(plan, step));
  const names = planned.map(({ name }) => name);
  const found = await listRemaining({ steps: planned, plan, progress }, 'owner').catch(() =>
    record.resources.filter(({ step }) => names.includes(step)),
  );
  return found.map(({ type, id, name }) => ({ type, id, name, reason }));
};

/** Nothing is touched but the record. */
const recordRetained = async (
  closing: Asking & { readonly input: DisposeInput; readonly steps: readonly AnyStep[] },
): Promise<DisposeResult> => {
  const { input, progress, steps } = closing;
  const { mode, compute, timing } = input;
  return await CancellationScope.nonCancellable(async () => {
    const retained = await listed(closing, steps, 'its options say that it outlives its record');
    const phase: ComputePhase = retained.length > 0 ? 'retained' : 'deleted';
    progress.facts.retained = retained;
    await inOneStep('record', timing, () =>
      records.change(computeSubject(compute), {
        ...{ phase, phaseBefore: null, operation: null, error: null, leftovers: [], retained, remedy: null },
        // Never forgotten as long as there is something: it is what says whose that is.
        ...(phase === 'deleted' && { disposedAt: new Date().toISOString() }),
      }),
    );
    progress.enter(phase);
    return { mode, residue: [], retained };
  });
};

/** What failed beside something that was there has gone; without that, a create may be tried anew. */
const phaseAfter = (mode: DisposeInput['mode'], { phaseBefore }: ComputeRecord): ComputePhase => {
  if (mode !== 'sweep') return 'deleted';
  return isThere(phaseBefore) ? phaseBefore : 'failed-clean';
};

/** Sweeps as operators ask for them and see them. */
import type { Control } from '#control/control.ts';
import { ANSWERS_WITHIN_MS, NO_WORKER } from '#domain/core/no-worker.ts';
import type { SweepInput, SweepReport, SweepSettings } from '#domain/sweep/sweep.ts';
import type { SweepControl, SweepRun } from '#temporal/sweeps.ts';
import { ApiProblem } from './problems.ts';

export interface SweepRequest {
  /** Only this account; null: all. */
  readonly account: string | null;
  readonly apply: boolean;
  readonly olderThanHours: number;
}

export interface SweepRunView extends Omit<SweepRun, 'answered'> {
  /** Why it does not go on, and what to do; null where a worker answers, or may yet do so. */
  readonly stuck: { readonly reason: string; readonly hint: string } | null;
}

export interface SweepView {
  /** The latest one that was started by hand; null where none is kept. */
  readonly run: SweepRunView | null;
  /** Of the latest one that came to its end, by hand or by its schedule; null before the first. */
  readonly report: SweepReport | null;
}

export interface SweepsDeps {
  readonly control: { readonly sweeps: Pick<Control['sweeps'], 'latest'> };
  readonly runs: SweepControl;
  readonly settings: SweepSettings;
  /** Of so many owners at most one sweep takes what is left. */
  readonly ownersMax: number;
}

export type Sweeps = ReturnType<typeof createSweeps>;

const HOUR_MS = 3_600_000;

const viewOf = ({ answered, ...run }: SweepRun): SweepRunView => {
  const isLate = Date.now() - Date.parse(run.startedAt) >= ANSWERS_WITHIN_MS;
  return { ...run, stuck: !answered && isLate ? NO_WORKER : null };
};

export const createSweeps = ({ control, runs, settings, ownersMax }: SweepsDeps) => {
  const show = async (): Promise<SweepView> => {
    const run = await runs.latest();
    return { run: run ? viewOf(run) : null, report: (await control.sweeps.latest(settings.environment)) ?? null };
  };

  return {
    show,

    /** @throws OperationInProgress while one is under way */
    async start({ account, apply, olderThanHours }: SweepRequest, requestedBy: string): Promise<SweepView> {
      const input: SweepInput = {
        ...settings,
        accountId: account,
        ...{ apply, finish: apply, ownersMax, requestedBy },
        olderThanMs: olderThanHours * HOUR_MS,
      };
      if ((await runs.start(input)) === undefined) {
        throw new ApiProblem(
          'OperationInProgress',
          'a sweep is under way: `eyrie sweep --latest` shows its report once it ends',
        );
      }
      return await show();
    },
  };
};

/** One subject, as it is right now. */
import type { Operations, RunFailure } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import type { Principal } from '../principal.ts';
import { type End, neverOpened, viewOfLost, viewOfRefused } from './ended.ts';
import { enrich, forReader, stuckWithoutWorker } from './enrich.ts';
import type { ApiKind, KindRules, Locate, Located, LocatedRun, Show } from './kind.ts';

export interface ShowParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'exits' | 'atRest' | 'viewOf' | 'viewOfRun' | 'complete' | 'whenLost'>;
  readonly operations: Pick<Operations<Kind>, 'progress' | 'failureOf' | 'endedBy'>;
  readonly locate: Locate<Kind>;
}

/** Query and describe while a workflow runs, describe alone when no worker answers, else the record. */
export const createShow = <Kind extends ApiKind>({ rules, operations, locate }: ShowParts<Kind>): Show<Kind> => {
  type View = Kind['view'];

  const whileRunning = async (located: LocatedRun<Kind>, principal: Principal | undefined): Promise<View> => {
    const { run } = located;
    const progress = await operations.progress(run);
    if (progress && rules.atRest.includes(progress.phase)) {
      // The run ended after it was looked up, and a run that has ended answers queries too: the record tells.
      const now = await locate(located.id);
      if (now && now.user === located.user && !now.run?.running) return whenAtRest(now, principal);
    }
    const view: View = progress
      ? forReader(enrich(progress, run.pending), located.subject, rules.exits, principal)
      : { ...rules.viewOfRun(located), stuck: stuckWithoutWorker(run), unwindingSince: run.unwindingSince };
    return rules.complete(view, located, 'busy', principal);
  };

  const failureOf = async (run: OperationRun<Kind> | undefined): Promise<RunFailure | undefined> =>
    run?.status === 'FAILED' ? await operations.failureOf(run) : undefined;

  const endOf = async (run: OperationRun<Kind> | undefined): Promise<End> => ({
    run,
    failure: await failureOf(run),
    endedBy: await endedBy(run),
  });

  /** Temporal's *Terminate* asks for a reason, and knows who pressed it. */
  const endedBy = async (run: OperationRun<Kind> | undefined): Promise<string> => {
    if (run?.status !== 'TERMINATED') return '';
    const { identity, reason } = await operations.endedBy(run);
    return `${identity === null ? '' : ` by ${identity}`}${reason === null ? '' : ` (${reason})`}`;
  };

  /** What the record says, and how a run ended that could not write it. */
  const withEnd = async (record: Kind['record'], run: OperationRun<Kind> | undefined): Promise<View> => {
    const view = rules.viewOf(record);
    if (record.operation)
      return viewOfLost(view, await endOf(run), rules.whenLost(record.operation.type, record.subject));
    return run && neverOpened(record, run) ? viewOfRefused(view, run, await failureOf(run)) : view;
  };

  const whenAtRest = async (located: Located<Kind>, principal: Principal | undefined): Promise<View> => {
    const { run, record } = located;
    if (record) return rules.complete(await withEnd(record, run), located, 'at-rest', principal);
    if (!run) throw new Error('neither a run nor a record');
    const lost = viewOfLost(
      rules.viewOfRun({ ...located, run }),
      await endOf(run),
      rules.whenLost(run.type, located.subject),
    );
    return rules.complete(lost, located, 'at-rest', principal);
  };

  return (located, principal) =>
    located.run?.running ? whileRunning({ ...located, run: located.run }, principal) : whenAtRest(located, principal);
};

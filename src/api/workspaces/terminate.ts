/** Terminate: ask the operation that runs to unwind and turn, or start the termination. */
import type { Timing } from '#domain/timing.ts';
import type { RemovalMode, WorkspaceMemo } from '#domain/workspace/input.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspaceWorkflows } from '#temporal/workspaces.ts';
import { ApiProblem } from '../problems.ts';
import type { Located } from './locate.ts';
import { requireOwn } from './own.ts';

export interface TerminateParts {
  readonly workflows: Pick<WorkspaceWorkflows, 'terminate' | 'requestTerminate'>;
  readonly locate: (id: string) => Promise<Located | undefined>;
  readonly timing: Timing;
}

const TRIES = 3;

/** Safe to repeat. Returns once Temporal holds the wish, so that nothing is lost if this process dies right after. */
export const createTerminate =
  ({ workflows, locate, timing }: TerminateParts) =>
  async (first: Located, mode: RemovalMode, requestedBy: string): Promise<void> => {
    let located: Located | undefined = first;
    for (let attempt = 1; attempt <= TRIES && located; attempt += 1) {
      const { run, record, subject, id } = located;
      if (run?.running) {
        requireOwn(run);
        if (mode === 'sweep')
          throw new ApiProblem(
            'OperationInProgress',
            `another operation of ${id} started meanwhile: wait until it ends`,
          );
        if (await workflows.requestTerminate(run, { mode, requestedBy })) return;
      } else {
        if (record && isDone(record, mode)) return;
        const input = { subject, mode, requestedBy, timing };
        if (await workflows.terminate(input, memoOf(located, requestedBy))) return;
      }
      located = await locate(id);
    }
    if (located) throw new ApiProblem('Unavailable', 'another operation started at the same moment; try again');
  };

/** Nothing would be left to do. An operation that was ended from outside, or leftovers, are worth another try. */
const isDone = ({ phase, operation, leftovers }: WorkspaceRecord, mode: RemovalMode): boolean =>
  operation === null && leftovers.length === 0 && (phase === 'disposed' || (phase === 'parked' && mode === 'park'));

const memoOf = ({ record, run, user }: Located, requestedBy: string): WorkspaceMemo => ({
  user,
  account: record?.workspace.account.accountId ?? run?.memo.account ?? '',
  region: record?.workspace.account.region ?? run?.memo.region ?? '',
  profile: record?.workspace.profile ?? run?.memo.profile ?? null,
  fingerprint: null,
  requestedBy,
});

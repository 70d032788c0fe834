/** One workspace, as it is right now. */

import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { CredentialView, Phase, WorkspaceView } from '#domain/workspace/view.ts';
import type { RunFailure, WorkspaceRun, WorkspaceWorkflows } from '#temporal/workspaces.ts';
import type { ControlStore } from '../ports.ts';
import type { Principal } from '../principal.ts';
import { neverOpened, viewOfLost, viewOfRefused } from './ended.ts';
import type { Located } from './locate.ts';
import { enrich, NO_CREDENTIAL, tellHolders, viewOfRecord, viewOfRun } from './view.ts';

/** `principal`: who is to see it; without one, what anybody may know. */
export type Show = (located: Located, principal?: Principal) => Promise<WorkspaceView>;

/** Query and describe while a workflow runs, describe alone when no worker answers, else the record. */
export const createShow = (
  workflows: Pick<WorkspaceWorkflows, 'progress' | 'failureOf'>,
  credentials: Pick<ControlStore['credentials'], 'credentialOf'>,
  locate: (id: string) => Promise<Located | undefined>,
): Show => {
  const whileRunning = async (located: Located & { run: NonNullable<Located['run']> }): Promise<WorkspaceView> => {
    const { run, record } = located;
    const progress = await workflows.progress(run);
    if (progress && AT_REST.includes(progress.phase)) {
      // The run ended after it was looked up, and a run that has ended answers queries too: the record tells.
      const now = await locate(located.id);
      if (now && now.user === located.user && !now.run?.running) return whenAtRest(now);
    }
    const view = progress ? enrich(progress, run.pending) : viewOfRun(located);
    return {
      ...view,
      credential: record ? await credentials.credentialOf(record) : notYet(view),
      createdAt: record?.createdAt ?? view.createdAt,
    };
  };

  const failureOf = async (run: WorkspaceRun | undefined): Promise<RunFailure | undefined> =>
    run?.status === 'FAILED' ? await workflows.failureOf(run) : undefined;

  /** What the record says, and how a run ended that could not write it. */
  const withEnd = async (record: WorkspaceRecord, run: WorkspaceRun | undefined): Promise<WorkspaceView> => {
    const view = viewOfRecord(record);
    if (record.operation) return viewOfLost(view, run, await failureOf(run));
    return run && neverOpened(record, run) ? viewOfRefused(view, run, await failureOf(run)) : view;
  };

  const whenAtRest = async (located: Located): Promise<WorkspaceView> => {
    const { run, record } = located;
    if (!record) {
      if (!run) throw new Error('neither a run nor a record');
      return viewOfLost(viewOfRun({ ...located, run }), run, await failureOf(run));
    }
    const view = await withEnd(record, run);
    const credential = view.phase === 'running' ? await credentials.credentialOf(record) : NO_CREDENTIAL;
    return { ...view, credential };
  };

  return async (located, principal) => {
    const { run } = located;
    const view = await (run?.running ? whileRunning({ ...located, run }) : whenAtRest(located));
    return principal?.kind === 'operator' ? tellHolders(view, located.record) : view;
  };
};

/** What a workflow says of the workspace at its very end (a sweep all along: its workspace stays failed). */
const AT_REST: readonly Phase[] = ['running', 'parked', 'disposed', 'failed'];

/** Before there is a record. */
const notYet = ({ phase }: WorkspaceView): CredentialView => ({
  ...NO_CREDENTIAL,
  state: phase === 'launching' ? 'pending' : 'none',
});

/** Launch: start, join, or find that nothing is to be done. */

import { randomUUID } from 'node:crypto';
import { tell } from '#domain/core/commands.ts';
import type { Timing } from '#domain/core/timing.ts';
import { healthOf } from '#domain/workspace/health.ts';
import type { WorkspaceInput, WorkspaceMemo } from '#domain/workspace/input.ts';
import { refusalToMove } from '#domain/workspace/record.ts';
import type { ControlStore } from '../ports.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from '../subjects/enrich.ts';
import { requireOwn } from '../subjects/own.ts';
import { credentialOf } from './credential.ts';
import {
  type LocatedWorkspace,
  type LocateWorkspace,
  launchOf,
  type WorkspaceOperations,
  type WorkspaceRun,
} from './kind.ts';
import type { ResolvedLaunch } from './request.ts';

/** Whether a workspace whose key was handed out is to be launched anew, or the call is about the launch that was. */
export type LaunchIntent = 'relaunch' | 'join';

export interface LaunchParts {
  readonly operations: Pick<WorkspaceOperations, 'start'>;
  readonly credentials: Pick<ControlStore['credentials'], 'stateOf'>;
  readonly locate: LocateWorkspace;
  readonly timing: Timing;
}

/** How often another operation may begin or end between the look and the start before the caller is told to come back. */
const TRIES = 3;

/** @throws OperationInProgress; Conflict where the name belongs to another user; DisposeFirst in another account. */
export const createLaunch =
  ({ operations, credentials, locate, timing }: LaunchParts) =>
  async (
    { workspace, fingerprint }: ResolvedLaunch,
    requestedBy: string,
    intent: LaunchIntent,
  ): Promise<{ started: boolean }> => {
    const launch = { workspace, launchId: randomUUID(), fingerprint, requestedBy, timing };
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const located = await locate(workspace.workspaceId);
      if (located && located.user !== workspace.user) {
        throw new ApiProblem(
          'Conflict',
          'once escaped for AWS, the name of this user is the name of another user who has a workspace',
        );
      }
      if (located?.run?.running) {
        requireOwn(located.run);
        requireSame(located, located.run, fingerprint);
        return { started: false };
      }
      const refusal = located?.record && refusalToMove(located.record, workspace.account);
      if (refusal !== undefined) throw new ApiProblem('DisposeFirst', refusal);
      if (located && (await isReady(located, fingerprint, credentials, intent))) return { started: false };
      const started = await operations.start(launchOf(launch, memoOf(workspace, fingerprint, requestedBy)));
      if (started) return { started: true };
    }
    throw new ApiProblem('Unavailable', 'another operation started at the same moment; try again');
  };

/**
 * `running`, asked for in the same way, and its key not yet handed out: a second launch would waste that key. For a call
 * that only joins, also once it was: the key is in use. What is not well any more is launched anew, which repairs it.
 */
const isReady = async (
  { record }: LocatedWorkspace,
  fingerprint: string,
  credentials: LaunchParts['credentials'],
  intent: LaunchIntent,
): Promise<boolean> => {
  if (record?.phase !== 'running' || record.operation) return false;
  if (intent === 'relaunch' && healthOf(record) !== null) return false;
  // A relaunch that failed leaves no fingerprint: who only joins is content with what it fell back on.
  const same = record.fingerprint === fingerprint || (intent === 'join' && record.fingerprint === '');
  if (!same) return false;
  const { state } = await credentialOf(credentials, record);
  return state === 'claimable' || (intent === 'join' && state === 'claimed');
};

/** @throws OperationInProgress where what runs is not the very same launch. */
const requireSame = (located: LocatedWorkspace, run: WorkspaceRun, fingerprint: string): void => {
  const launching = run.type === 'launchWorkspace' && run.phase !== 'parking' && run.phase !== 'disposing';
  if (launching && run.memo.fingerprint === fingerprint) return;
  const detail = launching
    ? `${located.id} is being launched with another configuration: wait until that launch ends, or take it back: ${tell('remove', located.subject)}`
    : `${run.type} of ${located.id} is in progress: wait until it ends`;
  throw new ApiProblem('OperationInProgress', detail, { operation: operationOf(run) });
};

const memoOf = (workspace: WorkspaceInput, fingerprint: string, requestedBy: string): WorkspaceMemo => ({
  user: workspace.user,
  account: workspace.account.accountId,
  region: workspace.account.region,
  profile: workspace.profile,
  fingerprint,
  requestedBy,
});

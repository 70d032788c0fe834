/** Workspaces as a kind of subject: what the API knows of them and of no other kind. */
import { wholeOrGone } from '#domain/core/commands.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { LaunchInput, RemovalMode, TerminateInput, WorkspaceMemo } from '#domain/workspace/input.ts';
import { retryOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { RotateInput } from '#domain/workspace/rotation.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { isUnchangedSince, lastChange } from '#domain/workspace/unchanged.ts';
import type { CredentialView, Phase, WorkspaceOperation, WorkspaceView } from '#domain/workspace/view.ts';
import type { Operations, StartOperation } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import type { ControlStore } from '../ports.ts';
import type { ApiKind, KindRules, Locate, Located, Show } from '../subjects/kind.ts';
import { credentialOf, NO_CREDENTIAL } from './credential.ts';
import { tellHolders, viewOfRecord, viewOfRun } from './view.ts';

export interface WorkspaceKind extends ApiKind {
  readonly type: WorkspaceOperation;
  readonly phase: Phase;
  readonly memo: WorkspaceMemo;
  readonly view: WorkspaceView;
  readonly record: WorkspaceRecord;
  readonly mode: RemovalMode;
}

export type WorkspaceOperations = Operations<WorkspaceKind>;
export type WorkspaceRun = OperationRun<WorkspaceKind>;
export type LocatedWorkspace = Located<WorkspaceKind>;
export type LocateWorkspace = Locate<WorkspaceKind>;
export type ShowWorkspace = Show<WorkspaceKind>;

export const launchOf = (input: LaunchInput, memo: WorkspaceMemo): StartOperation<WorkspaceKind> => ({
  subject: workspaceSubject(input.workspace),
  type: 'launchWorkspace',
  input,
  memo,
  phase: 'launching',
  summary: 'launch',
});

export const rotationOf = (located: LocatedWorkspace, input: RotateInput): StartOperation<WorkspaceKind> => ({
  subject: input.subject,
  type: 'rotateKeys',
  input,
  memo: memoOf(located, input.requestedBy),
  phase: 'running',
  summary: 'rotate',
});

const PHASE_WHILE: Readonly<Record<RemovalMode, Phase>> = { park: 'parking', dispose: 'disposing', sweep: 'failed' };

export interface WorkspaceRulesParts {
  readonly credentials: Pick<ControlStore['credentials'], 'stateOf'>;
  readonly timing: Timing;
  /** Whether what has been parked for long is disposed of: announcements of another time don't count. */
  readonly disposesIdle: boolean;
}

export const workspaceRules = ({
  credentials,
  timing,
  disposesIdle,
}: WorkspaceRulesParts): KindRules<WorkspaceKind> => {
  const credentialNow = async (
    view: WorkspaceView,
    record: WorkspaceRecord | undefined,
    isBusy: boolean,
  ): Promise<CredentialView> => {
    // Before there is a record.
    if (!record) return { ...NO_CREDENTIAL, state: view.phase === 'launching' ? 'pending' : 'none' };
    return isBusy || view.phase === 'running' ? await credentialOf(credentials, record) : NO_CREDENTIAL;
  };

  return {
    kind: 'workspace',
    makes: 'launchWorkspace',
    exits: { retry: 'retry', 'abandon-step': 'abandonStep', terminate: 'terminate' },
    userOf: ({ workspace }) => workspace.user,
    userOfRun: ({ user }) => user,

    // What a workflow says of the workspace at its very end (a sweep all along: its workspace stays failed).
    atRest: ['running', 'parked', 'disposed', 'failed'],
    viewOf: viewOfRecord,
    viewOfRun,
    whenLost: (_type, subject) => ({ phase: 'failed', remedy: wholeOrGone(subject) }),
    async complete(view, { record }, state, principal) {
      const isBusy = state === 'busy';
      const credential = await credentialNow(view, record, isBusy);
      const whole = {
        ...view,
        credential,
        disposalDueAt: disposesIdle ? view.disposalDueAt : null,
        updatedAt: lastChange(view.updatedAt, credential.claimedAt),
        ...(isBusy && record && { createdAt: record.createdAt }),
      };
      return principal?.kind === 'operator' ? tellHolders(whole, record) : whole;
    },

    terminationOf(located, mode, requestedBy, unchangedSince) {
      const { subject } = located;
      const input: TerminateInput = { subject, mode, requestedBy, timing, ...(unchangedSince && { unchangedSince }) };
      return {
        subject,
        type: 'terminateWorkspace',
        input,
        memo: memoOf(located, requestedBy),
        phase: PHASE_WHILE[mode],
        summary: mode,
      };
    },
    async isUnchanged({ run, record }, since) {
      // What runs and has not come to its record yet is later than whatever anybody saw.
      if (!record || (run?.running && record.operation?.runId !== run.runId)) return false;
      const { claimedAt } = await credentialOf(credentials, record);
      return isUnchangedSince(record.updatedAt, claimedAt, since);
    },
    // An operation that was ended from outside, or leftovers, are worth another try.
    isTerminated: ({ phase, operation, leftovers }, mode) =>
      operation === null && leftovers.length === 0 && (phase === 'disposed' || (phase === 'parked' && mode === 'park')),
    mayTakeOver: (mode) => mode !== 'sweep',
    retryOf,
  };
};

const memoOf = ({ record, run, user }: LocatedWorkspace, requestedBy: string): WorkspaceMemo => ({
  user,
  account: record?.workspace.account.accountId ?? run?.memo.account ?? '',
  region: record?.workspace.account.region ?? run?.memo.region ?? '',
  profile: record?.workspace.profile ?? run?.memo.profile ?? null,
  fingerprint: null,
  requestedBy,
});

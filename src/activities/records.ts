/** The record of a workspace as its workflows write it. One workflow runs per workspace, but the API reads all along. */

import { updating } from '#control/update-record.ts';
import { COMPUTE_RECORDS, type ComputeChange } from '#domain/compute/record.ts';
import { fail } from '#domain/core/failures.ts';
import type { OperationView } from '#domain/core/operation.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { STORAGE_RECORDS, type StorageChange } from '#domain/storage/record.ts';
import { isParkedSince } from '#domain/workspace/idle.ts';
import type { LaunchInput, RemovalMode } from '#domain/workspace/input.ts';
import {
  type OpenRecord,
  REMOVING,
  type RecordChange,
  refusalToMove,
  type WorkspaceRecord,
} from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import type { OpenRotation } from '#domain/workspace/rotation.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { isUnchangedSince } from '#domain/workspace/unchanged.ts';
import type { Phase, WorkspaceOperation } from '#domain/workspace/view.ts';
import type { ActivityDeps } from './deps.ts';

export interface OpenTermination {
  readonly subject: SubjectRef;
  readonly mode: RemovalMode;
  readonly operation: OperationView<WorkspaceOperation>;
  /** Both: see `TerminateInput`. */
  readonly parkedSince?: string | undefined;
  readonly unchangedSince?: string | undefined;
}

type Deps = Pick<ActivityDeps, 'control'>;

/** Phases in which a workflow is at work. Found without one, they say that it ended without a word. */
const BUSY: readonly Phase[] = ['launching', 'parking', 'disposing'];

/** While leftovers are swept the workspace stays what it is: failed. */
const PHASE_WHILE: Readonly<Partial<Record<RemovalMode, Phase>>> = { park: 'parking', dispose: 'disposing' };

export const recordActivities = ({ control }: Deps) => {
  const records = control.records(WORKSPACE_RECORDS);
  const update = updating(records);

  /** When its key, or token, was handed out. */
  const claimedAtOf = async (subject: SubjectRef): Promise<string | null> => {
    const { key, token } = (await records.read(subject))?.record ?? {};
    const id = (key ?? token)?.id;
    return id === undefined ? null : (await control.credentials.stateOf(subject, id)).claimedAt;
  };

  return {
    /**
     * The record of this launch, made or taken over: pinned before the first call to AWS.
     * @throws Conflict where it is another user's (escaped names can agree); DisposeFirst where it holds things elsewhere.
     */
    async openRecord({ launch, operation }: OpenRecord): Promise<{ record: WorkspaceRecord }> {
      const record = await update(workspaceSubject(launch.workspace), (found) => {
        if (!found) return firstRecord(launch, operation);
        assertSameUser(found, launch);
        if (found.launchId === launch.launchId) return undefined;
        assertSamePlace(found, launch);
        return takenOver(found, launch, operation);
      });
      return { record: record ?? firstRecord(launch, operation) };
    },

    /** @throws NotFound where there is no workspace; NotReady where it does not run. */
    async openRotation({ subject, rotationId, operation }: OpenRotation): Promise<{ record: WorkspaceRecord }> {
      const record = await update(subject, (found) => {
        if (!found) throw fail('NotFound', `there is no workspace ${subjectId(subject)}`);
        if (found.operation?.runId === operation.runId) return undefined;
        if (found.phase !== 'running') throw fail('NotReady', `${found.id} is ${found.phase}: it has no key to rotate`);
        return {
          ...found,
          // What a sweep gives back, should this run end without a word; and what it sweeps.
          phaseBefore: 'running',
          unfinished: [...found.unfinished, rotationId],
          operation,
          heard: operation.runId,
          error: null,
          updatedAt: new Date().toISOString(),
        };
      });
      if (!record) throw fail('NotFound', `there is no workspace ${subjectId(subject)}`);
      return { record };
    },

    /** Null where there is nothing to terminate, or it is not any more what it is to be terminated as. */
    async openTermination(input: OpenTermination): Promise<{ record: WorkspaceRecord | null }> {
      const { subject, mode, operation, parkedSince: expected, unchangedSince } = input;
      const claimedAt = unchangedSince === undefined ? null : await claimedAtOf(subject);
      let isUsed = false;
      const record = await update(subject, (found) => {
        if (!found) return undefined;
        const phase = PHASE_WHILE[mode] ?? found.phase;
        if (found.phase === phase && found.operation?.runId === operation.runId) return undefined;
        isUsed =
          (expected !== undefined && !isParkedSince(found, expected)) ||
          (unchangedSince !== undefined && !isUnchangedSince(found.updatedAt, claimedAt, unchangedSince));
        if (isUsed) return undefined;
        return {
          ...found,
          phase,
          phaseBefore: mode === 'sweep' || BUSY.includes(found.phase) ? found.phaseBefore : found.phase,
          operation,
          heard: operation.runId,
          error: null,
          unfinished: withSilent(found),
          updatedAt: new Date().toISOString(),
        };
      });
      return { record: isUsed ? null : (record ?? null) };
    },

    /**
     * Of any kind. Without a record nothing happens: it was forgotten 30 days after the subject was disposed of.
     * `parkedSince`: only of a workspace that has been parked since then (ISO time), whatever has happened to it since it was
     * looked at.
     */
    async changeRecord(
      subject: SubjectRef,
      change: RecordChange | StorageChange | ComputeChange,
      parkedSince?: string,
    ): Promise<void> {
      const updatedAt = new Date().toISOString();
      switch (subject.kind) {
        case 'storage':
          await updating(control.records(STORAGE_RECORDS))(
            subject,
            (found) => found && { ...found, ...(change as StorageChange), updatedAt },
          );
          break;
        case 'compute-environment':
          await updating(control.records(COMPUTE_RECORDS))(
            subject,
            (found) => found && { ...found, ...(change as ComputeChange), updatedAt },
          );
          break;
        default: {
          const ofPhase = change.phase !== undefined && { phaseSince: updatedAt, disposalDueAt: null };
          await update(subject, (found) => {
            if (!found || (parkedSince !== undefined && !isParkedSince(found, parkedSince))) return undefined;
            return { ...found, ...ofPhase, ...(change as RecordChange), updatedAt };
          });
        }
      }
    },
  };
};

const firstRecord = (launch: LaunchInput, operation: OperationView<WorkspaceOperation>): WorkspaceRecord => {
  return {
    version: 2,
    subject: workspaceSubject(launch.workspace),
    id: launch.workspace.workspaceId,
    workspace: launch.workspace,
    phase: 'launching',
    phaseBefore: null,
    operation,
    heard: operation.runId,
    launchId: launch.launchId,
    fingerprint: launch.fingerprint,
    launchedBy: launch.requestedBy,
    key: null,
    steps: [],
    resources: [],
    resolved: null,
    nextflowConfig: null,
    error: null,
    leftovers: [],
    unfinished: [],
    unrestored: [],
    remedy: null,
    // Before there was a record, callers were told when the run began: it stays what they heard.
    createdAt: operation.startedAt,
    updatedAt: new Date().toISOString(),
    disposedAt: null,
  };
};

/** What exists stays listed (key, resources, leftovers): a relaunch adopts it, and a failed one falls back on it. */
const takenOver = (
  found: WorkspaceRecord,
  launch: LaunchInput,
  operation: OperationView<WorkspaceOperation>,
): WorkspaceRecord => ({
  ...found,
  workspace: launch.workspace,
  phase: 'launching',
  phaseBefore: phaseToReturnTo(found),
  operation,
  heard: operation.runId,
  remedy: remedyBehind(found),
  launchId: launch.launchId,
  fingerprint: launch.fingerprint,
  launchedBy: launch.requestedBy,
  steps: [],
  resolved: null,
  error: null,
  unfinished: withSilent(found),
  updatedAt: new Date().toISOString(),
  disposedAt: null,
});

/** A launch that ended without a word may have left anything. */
const withSilent = (found: WorkspaceRecord): readonly string[] => {
  return found.phase === 'launching' ? [...new Set([...found.unfinished, found.launchId])] : found.unfinished;
};

/** A disposed workspace has nothing to return to: its launch counts as a first one. */
const phaseToReturnTo = (found: WorkspaceRecord): Phase | null => {
  const { phase, phaseBefore, leftovers } = found;
  if (phase === 'disposed') return null;
  // Failed for what a relaunch left: without that it is what it was before the relaunch.
  const isHidden = phase === 'failed' && leftovers.length > 0 && phaseBefore !== null;
  return isHidden ? phaseBefore : atRest(found);
};

/** Where an operation ended without a word: before a launch it was what it was, and a removal left it half gone. */
const atRest = ({ phase, phaseBefore }: WorkspaceRecord): Phase | null => {
  if (phase === 'launching') return phaseBefore;
  return REMOVING[phase] ? 'failed' : phase;
};

/** What goes on with a removal that failed, or that ended without a word: a launch that fails in between changes nothing. */
const remedyBehind = ({ phase, remedy }: WorkspaceRecord): RemovalMode | null => REMOVING[phase] ?? remedy ?? null;

const assertSameUser = ({ workspace }: WorkspaceRecord, launch: LaunchInput): void => {
  if (workspace.user === launch.workspace.user) return;
  throw fail(
    'Conflict',
    `the names of workspace ${workspace.workspaceId} are taken by another user whose name is escaped to the same text`,
  );
};

/** Once the account is overwritten nobody knows any more where the old resources are. */
const assertSamePlace = (found: WorkspaceRecord, launch: LaunchInput): void => {
  const refusal = refusalToMove(found, launch.workspace.account);
  if (refusal) throw fail('DisposeFirst', refusal);
};

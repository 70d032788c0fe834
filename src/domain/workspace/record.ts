/**
 * The record of a workspace: one JSON object in the control bucket, `workspaces/<H>/<escaped user>.json`. Created with
 * If-None-Match, written with If-Match. It holds no secret.
 */

import type { AccessKey } from '../core/access-key.ts';
import type { AccountRef } from '../core/account.ts';
import type { Before, Unrestored } from '../core/before.ts';
import { tell } from '../core/commands.ts';
import type { ErrorView, OperationView } from '../core/operation.ts';
import type { OperationRecord } from '../core/record.ts';
import type { Health } from './health.ts';
import type { LaunchInput, RemovalMode, WorkspaceInput } from './input.ts';
import type { Resolved } from './specs.ts';
import type { Phase, WorkspaceOperation } from './view.ts';

export interface WorkspaceRecord extends OperationRecord<Phase, WorkspaceOperation> {
  readonly version: 2;
  /** Pinned at the last launch: account, role, region, configuration. */
  readonly workspace: WorkspaceInput;
  /** ISO time since which it is in this phase, as far as operations left it there. Absent from older records. */
  readonly phaseSince?: string;
  /** ISO time at which it is disposed of unless somebody uses it: of a workspace that has been parked for long. */
  readonly disposalDueAt?: string | null;
  /** What was wrong with it at the last look of the watch. Absent from records of before there was one; null: nothing. */
  readonly health?: Health | null;
  readonly launchId: string;
  readonly fingerprint: string;
  /** The key that the workspace's holder has, or can claim. */
  readonly key: AccessKey | null;
  /** The token that its holder has, or can claim. Absent from records of launches before there were any. */
  readonly token?: { readonly id: string; readonly createdAt: string } | null;
  readonly resolved: Resolved | null;
  /** Rendered at publish. */
  readonly nextflowConfig: string | null;
  readonly error:
    | (ErrorView & {
        /** Workspaces that hold the places of a full quota: shown to operators only. */
        readonly holders?: readonly string[];
      })
    | null;
  /** What a launch that failed changed and could not put back. */
  readonly unrestored: readonly Unrestored[];
  /** Who asked for the last launch. Absent from records of launches before it was kept. */
  readonly launchedBy?: string;
  /** What removes the leftovers: the removal that failed, once more. */
  readonly remedy: RemovalMode | null;
}

/** By step. */
export const unrestoredOf = ({ unrestored }: WorkspaceRecord): ReadonlyMap<string, Before> =>
  new Map(unrestored.map(({ step, before }) => [step, before]));

/** There is a workspace: a relaunch of it that fails falls back on it. */
export const isThere = (phase: Phase | null): phase is 'running' | 'parked' =>
  phase === 'running' || phase === 'parked';

/** What removes the leftovers of a workspace that failed. After a failed relaunch, what was there before it stays. */
const remedyOf = ({ remedy, phaseBefore }: Pick<WorkspaceRecord, 'remedy' | 'phaseBefore'>): RemovalMode =>
  remedy ?? (isThere(phaseBefore) ? 'sweep' : 'dispose');

/** Phases of a removal. Found without a workflow, they say that it ended half-way, without a word. */
export const REMOVING: Readonly<Partial<Record<Phase, RemovalMode>>> = { parking: 'park', disposing: 'dispose' };

/** What a retry does where nothing runs; undefined where nothing is left to do. */
export const retryOf = (record: WorkspaceRecord): RemovalMode | undefined => {
  const { phase, operation, leftovers, remedy } = record;
  if (operation) return REMOVING[phase] ?? remedyOf(record);
  if (phase === 'failed') return leftovers.length > 0 || remedy ? remedyOf(record) : undefined;
  // A rotation left a key.
  return phase === 'running' && leftovers.length > 0 ? 'sweep' : undefined;
};

/** What a workflow writes at its end (or when it takes over): the parts of the record that changed. */
export type RecordChange = Partial<Omit<WorkspaceRecord, 'version' | 'subject' | 'id' | 'createdAt' | 'updatedAt'>>;

/** Input of `openRecord`: the first thing a launch does. */
export interface OpenRecord {
  readonly launch: LaunchInput;
  readonly operation: OperationView<WorkspaceOperation>;
}

/** Why this workspace can't be launched in another account or region; undefined where it can, or it is the same one. */
export const refusalToMove = (
  { id, subject, workspace, phase, resources, leftovers, key }: WorkspaceRecord,
  to: AccountRef,
): string | undefined => {
  const { accountId, region } = workspace.account;
  const holds = resources.length > 0 || leftovers.length > 0 || key !== null;
  if ((accountId === to.accountId && region === to.region) || phase === 'disposed' || !holds) return undefined;
  return (
    `workspace ${id} still holds resources in account ${accountId}, ${region}: ${tell('remove', subject)} before ` +
    `it is launched in ${to.accountId}, ${to.region}`
  );
};

/** The Nextflow configuration, as long as there is something that it can name. */
export const configOf = (record: WorkspaceRecord | undefined): string | null =>
  record && record.phase !== 'disposing' && record.phase !== 'disposed' ? record.nextflowConfig : null;

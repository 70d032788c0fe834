/**
 * What a compute environment is made from, pinned: it goes into the workflow's input and, before the first AWS call, into
 * the record. Updates and removals read the record, never today's configuration.
 */
import type { AccountRef } from '../core/account.ts';
import type { Leftover } from '../core/failures.ts';
import type { AskedBefore, OperationMemo } from '../core/operation.ts';
import type { Tags } from '../core/ownership.ts';
import type { Timing } from '../core/timing.ts';
import type { ComputeConfig } from './config.ts';
import type { ComputeNameParts } from './names.ts';
import type { ComputePhase } from './view.ts';

/** Where a tenant runs: what of the shared compute environment it goes by. Pinned with the tenant. */
export interface Tenancy extends ComputeNameParts {
  /** ARN of the role that starts containers there. */
  readonly executionRole: string;
}

export interface ComputeInput {
  /** 20 lower-case letters and digits: part of all names, and the id in Seqera's API. */
  readonly forgeId: string;
  /** H */
  readonly environment: string;
  readonly account: AccountRef;
  /** What names begin with; `TowerForge` unless the configuration says otherwise. */
  readonly namePrefix: string;
  /** What users call it: it stands in no name of AWS. */
  readonly name: string;
  readonly description: string | null;
  /** Tags of all that is made. `Name` wins over ours. */
  readonly labels: Tags;
  readonly config: ComputeConfig;
  /** By pool: which make its environment is of. A pool that is not named is of its first. */
  readonly generations: Readonly<Record<string, number>>;
  /** The shared one in whose queues it runs; null: it has its own. */
  readonly tenancy: Tenancy | null;
}

/** What follows where a step of a create fails. */
export const ON_FAILURE = ['rollback', 'keep', 'resume'] as const;

/** `rollback`: undo all; `keep`: stop, and leave what is there; `resume`: the same, and try again by itself. */
export type OnFailure = (typeof ON_FAILURE)[number];

export interface CreateInput {
  readonly compute: ComputeInput;
  /** Unique per run; goes into tags. */
  readonly runId: string;
  readonly onFailure: OnFailure;
  readonly fingerprint: string;
  readonly requestedBy: string;
  readonly timing: Timing;
}

/** Ways to dispose of it, the weaker one first: what it is asked for while another one is under way wins if it is stronger. */
export const COMPUTE_REMOVALS = ['drain', 'terminate', 'force'] as const;

/**
 * `drain`: jobs that run end first, up to a limit; `terminate`: they are ended at once; `force`: the same, and the record
 * is hidden from its users before anything goes.
 */
export type ComputeRemoval = (typeof COMPUTE_REMOVALS)[number];

/** And what only a retry does: taking away what runs that failed have left. */
export type ComputeRemovalMode = ComputeRemoval | 'sweep';

/** What a retry does: the removal that failed, once more; or the create or update goes on, under the id of its run. */
export type ComputeRemedy = ComputeRemovalMode | 'create' | 'update';

export interface DisposeInput extends AskedBefore {
  readonly compute: ComputeInput;
  readonly mode: ComputeRemovalMode;
  /** Minutes that a drain waits for jobs; those that run still are terminated then. */
  readonly drainMinutes: number;
  /** Data that is not empty may go. Once it was said so, it holds for retries, too. */
  readonly dataConfirmed: boolean;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export interface DisposeResult {
  readonly mode: ComputeRemovalMode;
  readonly residue: readonly Leftover[];
  /** What stays because it was asked to. */
  readonly retained: readonly Leftover[];
}

export interface UpdateInput {
  /** What it is to be from now on. */
  readonly compute: ComputeInput;
  readonly runId: string;
  /** Why: somebody's wish, newer images, or what drifted. */
  readonly reason: 'update' | 'images' | 'repair';
  readonly drainMinutes: number;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export interface ValidateInput {
  readonly compute: ComputeInput;
  /** Repair what is safe to repair. */
  readonly repair: boolean;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export interface ValidateResult {
  readonly phase: ComputePhase;
  /** What is wrong, in words. */
  readonly problems: readonly string[];
  /** What was wrong, and is no more. */
  readonly repaired: readonly string[];
}

/** Memo of every workflow of a compute environment: enough to show it when no worker answers. */
export interface ComputeMemo extends OperationMemo {
  readonly name: string;
  readonly description: string | null;
  /** Of a create; null of anything else. */
  readonly fingerprint: string | null;
  /** What a create makes, since there is no record at first; null where there is one. */
  readonly made: ComputeInput | null;
}

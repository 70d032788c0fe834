/**
 * What a user's storage is made from, pinned: it goes into the workflow's input and, before the first AWS call, into the
 * record. A removal reads the record, never today's configuration.
 */
import type { AccountRef } from '../core/account.ts';
import type { Leftover } from '../core/failures.ts';
import type { AskedBefore, OperationMemo } from '../core/operation.ts';
import type { Timing } from '../core/timing.ts';
import type { EmptyingSoFar } from '../resources/emptying.ts';

/** What the configuration says of every user's bucket. */
export interface StorageSettings {
  readonly expirationDays: number;
  readonly nonCurrentDays: number;
  readonly abortUploadsDays: number;
  readonly versioning: boolean;
  /** Encrypt with a key of the bucket's own. */
  readonly kms: boolean;
  readonly corsOrigins: readonly string[];
}

export interface StorageInput {
  /** `sub`: as the token has it. */
  readonly user: string;
  /** `context.user.name`, by which Arborist knows the user; null where only a client has asked. */
  readonly username: string | null;
  /** Host name of the environment as it is. */
  readonly hostname: string;
  /** H */
  readonly environment: string;
  readonly bucket: string;
  readonly account: AccountRef;
  readonly settings: StorageSettings;
  /** Whether Arborist is told what the user may do. */
  readonly arborist: boolean;
}

export interface SetUpInput {
  readonly storage: StorageInput;
  /** Unique per set-up; goes into tags. */
  readonly setUpId: string;
  /** Of what it is made from: the same one need not be set up again on the same day. */
  readonly fingerprint: string;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export interface SetUpResult {
  readonly bucket: string;
  readonly kmsKeyArn: string | null;
}

/** `empty`: the objects alone; `dispose`: the bucket and its key, too. The weaker one first. */
export const STORAGE_REMOVALS = ['empty', 'dispose'] as const;

export type StorageRemoval = (typeof STORAGE_REMOVALS)[number];

/** And what only a retry does: taking away what set-ups that failed have left, and no object. */
export type StorageRemovalMode = StorageRemoval | 'sweep';

export interface DeleteInput extends AskedBefore {
  readonly storage: StorageInput;
  readonly mode: StorageRemovalMode;
  readonly requestedBy: string;
  readonly timing: Timing;
  /** Of a run that goes on where one before it broke off. */
  readonly soFar?: EmptyingSoFar;
}

export interface DeleteResult {
  readonly mode: StorageRemovalMode;
  readonly residue: readonly Leftover[];
  /** Versions and delete markers that went. */
  readonly removed: number;
}

/** Memo of every storage workflow: enough to show the storage when no worker answers. */
export interface StorageMemo extends OperationMemo {
  readonly user: string;
  readonly username: string | null;
  readonly bucket: string;
  /** Of a set-up; null of a removal. */
  readonly fingerprint: string | null;
}

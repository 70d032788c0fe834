/** What the workflows of a key holder are started with. */
import type { AccountRef } from '../core/account.ts';
import type { Timing } from '../core/timing.ts';
import type { HolderRole } from './subject.ts';

export interface HolderInput {
  /** H */
  readonly environment: string;
  readonly hostname: string;
  /** `sub` of the user's tokens. */
  readonly userId: string;
  readonly role: HolderRole;
  /** The user's, which the keys open. */
  readonly bucket: string;
  readonly account: AccountRef;
}

export interface KeySettings {
  /** How long a key lives. */
  readonly lifetimeMs: number;
  /** Live keys that a user may have: 1 or 2. */
  readonly maxKeys: number;
}

export interface KeyHolderInput {
  readonly holder: HolderInput;
  readonly settings: KeySettings;
  readonly timing: Timing;
}

/** What the API gets of a key that was made: its secret is sealed. */
export interface MadeKey {
  readonly accessKeyId: string;
}

export interface CreateKey {
  /** Names the call: the same one made again gets the same key. */
  readonly request: string;
}

export interface DeleteKey {
  readonly accessKeyId: string;
}

export interface LookAfterKeys {
  /** ISO time that decides what has expired. */
  readonly at: string;
  /** A system key is replaced so long before it has only half of its life left. */
  readonly aheadMs: number;
}

export interface RemoveHolder {
  /** Although tasks hold its keys. */
  readonly force: boolean;
  readonly requestedBy: string;
}

/** Updates of the workflow `keyHolder`: names on the wire. */
export const CREATE_KEY = 'createKey';
export const DELETE_KEY = 'deleteKey';
export const LIST_KEYS = 'listKeys';
export const LOOK_AFTER_KEYS = 'lookAfterKeys';
export const REMOVE_HOLDER = 'removeHolder';

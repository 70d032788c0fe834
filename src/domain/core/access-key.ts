/** An access key as records name it. No secret is in it: that is sealed, by the id. */

/**
 * `made`: in IAM and sealed, not yet proved to work, so nobody is given it. `active`: works, and is given out.
 * `retiring`: works, but nobody is given it any more. `inactive`: AWS refuses it.
 */
export type AccessKeyState = 'made' | 'active' | 'retiring' | 'inactive';

export interface AccessKey {
  /** AWS's, for example `AKIA…`. */
  readonly id: string;
  readonly state: AccessKeyState;
  /** ISO time. */
  readonly createdAt: string;
  /** ISO time from which on it is to go; null: it has no end of its own. */
  readonly expiresAt: string | null;
}

/** A key that works and has no end of its own. */
export const activeKey = (id: string, createdAt: string): AccessKey => ({
  id,
  state: 'active',
  createdAt,
  expiresAt: null,
});

/** A key that was used within this time is somebody's: it goes by an operator's word alone. */
export const KEY_UNUSED_MS = 24 * 60 * 60_000;

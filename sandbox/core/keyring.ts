/** Every access key that the sandbox issued, and whether it may sign a request now. */
import type { Caller } from './call.ts';

export interface IssuedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only temporary credentials have one; a request signed with them must carry it. */
  readonly sessionToken?: string;
  readonly caller: Caller;
  /** IAM's status of the key. Default true. */
  readonly active?: boolean;
  /** Milliseconds since the epoch from which the key works: a fresh one takes some seconds. Default: at once. */
  readonly usableAt?: number;
  /** Milliseconds since the epoch after which temporary credentials have expired. Default: never. */
  readonly expiresAt?: number;
  /** The policy that narrows the session of this key. Default: none. */
  readonly sessionPolicy?: unknown;
}

export type KeyState = 'usable' | 'unknown' | 'inactive' | 'pending' | 'expired';

export interface Keyring {
  /** Records a key as its answer passes. An id that is known already is replaced. */
  add(key: IssuedKey): void;
  find(accessKeyId: string): IssuedKey | undefined;
  /** The key is unknown from now on; its secret stays listed in `secrets`. */
  remove(accessKeyId: string): void;
  setActive(accessKeyId: string, active: boolean): void;
  /** Moves the moment from which a key works. */
  setUsableAt(accessKeyId: string, usableAt: number): void;
  /** When the key works: undefined for one that is unknown. */
  usableAt(accessKeyId: string): number | undefined;
  state(accessKeyId: string, now: number): KeyState;
  /** Every secret ever issued, also those of removed keys: what must not stand in a log or a history. */
  secrets(): readonly string[];
}

/** The secret of every root caller. Not listed in `secrets`: it is a word of the documentation. */
const ROOT_SECRET = 'sandbox';

const ROOT_ID = /^\d{12}$/;

/** A 12-digit access key id is the root of the account of that number. */
const rootKey = (accessKeyId: string): IssuedKey | undefined =>
  ROOT_ID.test(accessKeyId)
    ? {
        accessKeyId,
        secretAccessKey: ROOT_SECRET,
        caller: { kind: 'root', account: accessKeyId, arn: `arn:aws:iam::${accessKeyId}:root` },
      }
    : undefined;

export const createKeyring = (): Keyring => {
  const keys = new Map<string, IssuedKey>();
  const secrets = new Set<string>();
  const find = (id: string): IssuedKey | undefined => rootKey(id) ?? keys.get(id);
  const change = (id: string, changes: Partial<IssuedKey>): void => {
    const known = keys.get(id);
    if (known) keys.set(id, { ...known, ...changes });
  };
  return {
    add(key) {
      keys.set(key.accessKeyId, key);
      secrets.add(key.secretAccessKey);
      if (key.sessionToken) secrets.add(key.sessionToken);
    },
    find,
    remove: (id) => void keys.delete(id),
    setActive: (id, active) => change(id, { active }),
    setUsableAt: (id, usableAt) => change(id, { usableAt }),
    usableAt(id) {
      const key = find(id);
      return key && (key.usableAt ?? 0);
    },
    state(id, now) {
      const key = find(id);
      if (!key) return 'unknown';
      if (key.active === false) return 'inactive';
      if ((key.usableAt ?? 0) > now) return 'pending';
      return (key.expiresAt ?? Number.POSITIVE_INFINITY) <= now ? 'expired' : 'usable';
    },
    secrets: () => [...secrets],
  };
};

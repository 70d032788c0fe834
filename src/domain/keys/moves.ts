/**
 * What is to be done next about the keys of a holder: one decision from what the record says and what IAM lists. Pure.
 *
 * System keys stand in two slots, half a lifetime apart, so that a task that starts now has half a lifetime at least. The
 * younger one is given out. When it has half of its life left, the older one makes room (nobody is given it any more, it
 * is switched off, it is deleted) and a new one is made, proved to work, and only then given out. An order in which,
 * wherever it breaks off, one key can be given out and never more than two exist.
 */
import type { AccessKeyState } from '../core/access-key.ts';
import type { FormerKey, HolderKey } from './record.ts';
import type { HolderRole } from './subject.ts';

/** As IAM lists it. */
export interface ListedKey {
  readonly accessKeyId: string;
  readonly active: boolean;
  readonly createdAt: string;
}

/** What there is. */
export interface SeenKeys {
  readonly keys: readonly HolderKey[];
  readonly listed: readonly ListedKey[];
  /** Keys whose secret can be had: sealed, and the seal opens. */
  readonly sealed: readonly string[];
  /** Keys that tasks hold. */
  readonly leased: readonly string[];
  /** Keys of which a secret lies sealed although they are gone: those of calls that went on after their workflow had ended. */
  readonly strays: readonly string[];
}

export interface Rules {
  readonly role: HolderRole;
  /** Milliseconds since the epoch: what has expired by then. */
  readonly at: number;
  readonly lifetimeMs: number;
  /** A system key is replaced so long before it has only half of its life left. 0: only then. */
  readonly aheadMs: number;
  /** For so long IAM may not list a key that it has made. */
  readonly unseenMs: number;
  /** Whether a user's key that was switched on again counts as one that works. Asked only where there is one. */
  readonly countsAgain: () => boolean;
}

export type Move =
  /** It was there before Eyrie: it counts from now on. */
  | { readonly type: 'adopt'; readonly key: HolderKey }
  /** IAM doesn't have it any more. */
  | { readonly type: 'drop'; readonly id: string; readonly why: string }
  /** The record is to say so. */
  | { readonly type: 'note'; readonly id: string; readonly state: AccessKeyState }
  /** Switch off, then delete. */
  | { readonly type: 'remove'; readonly id: string; readonly why: string }
  | { readonly type: 'prove'; readonly id: string }
  /** What was kept of it. */
  | { readonly type: 'forget'; readonly id: string }
  | { readonly type: 'make' };

/** IAM's own limit. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const SLOTS = 2;

/** Null: all is as it should be, or nothing can be done yet. */
export const nextMove = (seen: SeenKeys, rules: Rules): Move | null =>
  nextRepair(seen, rules) ?? (rules.role === 'system' ? rotate(seen, rules) : expire(seen, rules));

/**
 * IAM lists a key for a while after its deletion: one that was taken away a moment ago is gone, whatever the list says.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const withoutJustRemoved = (
  seen: SeenKeys,
  former: readonly FormerKey[],
  { now, unseenMs }: { readonly now: number; readonly unseenMs: number },
): SeenKeys => {
  const removed = former.filter(({ removedAt }) => now < Date.parse(removedAt) + unseenMs).map(({ id }) => id);
  return { ...seen, listed: seen.listed.filter(({ accessKeyId }) => !removed.includes(accessKeyId)) };
};

/** What the record says and IAM doesn't, and the other way round. */
export const nextRepair = (seen: SeenKeys, { role, at, lifetimeMs, unseenMs, countsAgain }: Rules): Move | null => {
  for (const { accessKeyId: id, active, createdAt } of seen.listed) {
    if (seen.keys.some((key) => key.id === id)) continue;
    if (role === 'system') return { type: 'remove', id, why: 'nobody knew its secret' };
    const expiresAt = new Date(Date.parse(createdAt) + lifetimeMs).toISOString();
    return { type: 'adopt', key: { id, state: active ? 'active' : 'inactive', createdAt, expiresAt, request: null } };
  }
  for (const { id, state, createdAt } of seen.keys) {
    const found = seen.listed.find(({ accessKeyId }) => accessKeyId === id);
    if (!found) {
      if (at > Date.parse(createdAt) + unseenMs) return { type: 'drop', id, why: 'it was deleted in IAM' };
    } else if (!found.active && state !== 'inactive' && state !== 'retiring') {
      return { type: 'note', id, state: 'inactive' };
    } else if (found.active && state === 'inactive' && role === 'user' && countsAgain()) {
      // One of a user's stays for whoever has switched it off; a system key is replaced.
      return { type: 'note', id, state: 'active' };
    }
  }
  const [stray] = seen.strays;
  return stray === undefined ? null : { type: 'forget', id: stray };
};

/** A user's: what is to go goes, and what is made later takes its place. */
const expire = ({ keys }: SeenKeys, { at }: Rules): Move | null => {
  const revoked = keys.find(({ state }) => state === 'retiring');
  if (revoked) return { type: 'remove', id: revoked.id, why: 'it was revoked' };
  const unproved = keys.find(({ state }) => state === 'made');
  if (unproved) return { type: 'note', id: unproved.id, state: 'active' };
  const expired = keys.find((key) => isExpired(key, at));
  return expired ? { type: 'remove', id: expired.id, why: 'it had expired' } : null;
};

const rotate = (seen: SeenKeys, rules: Rules): Move | null => {
  const { keys, sealed } = seen;
  const dead = keys.find(({ state }) => state === 'inactive');
  if (dead) return { type: 'remove', id: dead.id, why: 'it was switched off' };
  const unproved = keys.find(({ state }) => state === 'made');
  if (unproved) {
    if (sealed.includes(unproved.id)) return { type: 'prove', id: unproved.id };
    return { type: 'remove', id: unproved.id, why: 'its secret was lost' };
  }
  const lost = keys.find(({ id, state }) => state === 'active' && !sealed.includes(id));
  if (lost) return { type: 'note', id: lost.id, state: 'retiring' };

  const newest = newestOf(keys);
  const older = keys.filter((key) => key !== newest).sort(byAge);
  const wantsNew = !newest || leftOf(newest, rules.at) <= rules.lifetimeMs / 2 + rules.aheadMs;
  if (wantsNew && keys.length < SLOTS) return { type: 'make' };
  const [oldest] = older;
  if (!oldest) return null;
  const isDue = wantsNew || oldest.state === 'retiring' || isExpired(oldest, rules.at);
  // Without any to give out, nobody waits for tasks that may have ended.
  if (!isDue || (newest && isHeld(oldest, seen, rules))) return null;
  if (oldest.state !== 'retiring') return { type: 'note', id: oldest.id, state: 'retiring' };
  return { type: 'remove', id: oldest.id, why: newest ? 'a newer one is in its place' : 'its secret was lost' };
};

/** A key that tasks hold stays, until its life is over. */
const isHeld = (key: HolderKey, { leased }: SeenKeys, { at }: Rules): boolean =>
  leased.includes(key.id) && !isExpired(key, at);

const isExpired = ({ expiresAt }: HolderKey, at: number): boolean => expiresAt !== null && Date.parse(expiresAt) <= at;

const leftOf = ({ expiresAt }: HolderKey, at: number): number =>
  expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) - at;

const byAge = (one: HolderKey, other: HolderKey): number => Date.parse(one.createdAt) - Date.parse(other.createdAt);

/** The one that is given out. */
export const newestOf = (keys: readonly HolderKey[]): HolderKey | undefined =>
  keys
    .filter(({ state }) => state === 'active')
    .sort(byAge)
    .at(-1);

/**
 * System keys as the TES pass-through takes them: which key a task is given, and which tasks have been given one.
 *
 * A lease is written before its key leaves Eyrie, and then the record is looked at once more; whoever takes a key away
 * writes that down first and looks for leases then. So one of the two sees the other, and a key in the hands of a task is
 * never taken for unused. A task that has no name yet leases under one of the caller's own, and again under its own once it
 * has that.
 */

import { randomUUID } from 'node:crypto';
import { codeOf } from '#domain/core/failures.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { LOOK_AFTER_KEYS, type LookAfterKeys } from '#domain/keys/input.ts';
import { newestOf } from '#domain/keys/moves.ts';
import { type HolderKey, KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import type { Logger } from '#observability/logger.ts';
import { ApiProblem } from '../problems.ts';
import { type Holder, holderOf, type KeyDeps } from './holder.ts';

/** A secret: never in a log, an error, a record or a task. */
export interface ForwardedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** ISO time until which it works at least: half of a key's lifetime away, or more. */
  readonly expiresAt: string;
}

export interface Lease {
  /** `sub` of the token. */
  readonly userId: string;
  readonly accessKeyId: string;
  /** Id of the task at the TES server, or any other unique text. */
  readonly task: string;
  /** The key has left Eyrie: it is held, whatever has become of it meanwhile. Default: it is about to. */
  readonly handedOut?: true;
}

export interface SystemKeys {
  /**
   * The newest key of this user's that is proved to work. Where there is none, or it has less than half of its life left,
   * one is made first, which takes seconds. Undefined where system keys are switched off.
   * @throws Invalid for a user id that can't have one; Unavailable where none can be made now.
   */
  newestForwardable(userId: string): Promise<ForwardedKey | undefined>;
  /** Again with the same task is success. @throws Unavailable, also where the key is just being taken away */
  lease(lease: Lease): Promise<void>;
  /** The task has ended, or was never made. One that is not known is success. @throws Unavailable */
  release(userId: string, task: string): Promise<void>;
}

export interface SystemKeyDeps extends KeyDeps {
  /** Undefined where the user id is no name for a bucket. */
  readonly bucketOf: (userId: string) => string | undefined;
  readonly log: Pick<Logger, 'warn'>;
}

export const createSystemKeys = (deps: SystemKeyDeps): SystemKeys => {
  const { control, settings, now, log } = deps;
  const records = control.records(KEY_HOLDER_RECORDS);

  const find = (userId: string): Holder => {
    const bucket = deps.bucketOf(userId);
    if (bucket === undefined) throw new ApiProblem('Invalid', 'this user id can have no bucket, and so no keys');
    return holderOf(deps, { userId, bucket }, 'system');
  };

  const givable = async (subject: SubjectRef): Promise<readonly HolderKey[]> => {
    const { phase, keys } = (await records.read(subject))?.record ?? {};
    return phase === 'ready' && keys ? keys.filter(({ state }) => state === 'active') : [];
  };

  const newest = async ({ subject }: Holder): Promise<HolderKey | undefined> => newestOf(await givable(subject));

  const leftOf = (key: HolderKey | undefined): number =>
    key ? Date.parse(key.expiresAt ?? '9999-12-31T00:00:00Z') - now() : 0;

  const open = async ({ subject }: Holder, key: HolderKey): Promise<ForwardedKey | undefined> => {
    const secret = await control.seals.open(subject, key.id).catch((error: unknown) => {
      if (codeOf(error) === 'SealUnreadable') return undefined; // another one takes its place
      throw error;
    });
    return secret && { ...secret, expiresAt: key.expiresAt ?? '9999-12-31T00:00:00.000Z' };
  };

  const replace = async (holder: Holder): Promise<void> => {
    const arg: LookAfterKeys = { at: new Date(now()).toISOString(), aheadMs: 0 };
    await holder.ask<void>(LOOK_AFTER_KEYS, arg, `${LOOK_AFTER_KEYS}-${randomUUID()}`);
  };

  return {
    async newestForwardable(userId) {
      const holder = find(userId);
      const first = await newest(holder);
      if (first && leftOf(first) >= settings.lifetimeMs / 2) {
        const forwarded = await open(holder, first);
        if (forwarded) return forwarded;
      }
      const failure = await replace(holder).then(
        () => undefined,
        (error: unknown) => error ?? new Error('no answer'),
      );
      const key = await newest(holder);
      const forwarded = key && leftOf(key) > 0 ? await open(holder, key) : undefined;
      if (!key || !forwarded) throw failure ?? new ApiProblem('Unavailable', 'there is no system key yet; try again');
      // Better a key that ends sooner than no task: most are over long before.
      if (failure !== undefined) log.warn({ accessKeyId: key.id, reason: String(failure) }, 'a system key is overdue');
      return forwarded;
    },

    async lease({ userId, accessKeyId, task, handedOut = false }) {
      const { subject } = find(userId);
      await control.leases.take(subject, accessKeyId, { task, forMs: settings.lifetimeMs / 2 });
      if (handedOut || (await givable(subject)).some(({ id }) => id === accessKeyId)) return;
      await control.leases.release(subject, accessKeyId, task);
      throw new ApiProblem('Unavailable', 'the key for this task is just being replaced; try again');
    },

    async release(userId, task) {
      const { subject } = find(userId);
      const found = await records.read(subject);
      for (const { id } of found?.record.keys ?? []) await control.leases.release(subject, id, task);
    },
  };
};

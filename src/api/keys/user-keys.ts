/** The access keys that users make for themselves. */
import { createHash, randomUUID } from 'node:crypto';
import type { AccessKeySecret } from '#control/seals.ts';
import type { AccessKey } from '#domain/core/access-key.ts';
import { codeOf } from '#domain/core/failures.ts';
import { CREATE_KEY, type CreateKey, DELETE_KEY, type DeleteKey, LIST_KEYS, type MadeKey } from '#domain/keys/input.ts';
import { statusOf } from '#domain/keys/status.ts';
import { ApiProblem } from '../problems.ts';
import { type Holder, holderOf, type KeyDeps, type KeyUser } from './holder.ts';

export interface ListedUserKey {
  readonly id: string;
  /** `expired`, or how long it still works. */
  readonly status: string;
}

export interface UserKeys {
  /**
   * The only time that the secret is seen; with an idempotency key again, for ten minutes.
   * @throws Invalid with 400 at the limit; AlreadyClaimed; Unavailable
   */
  create(user: KeyUser, idempotencyKey: string | null): Promise<AccessKeySecret>;
  list(user: KeyUser): Promise<readonly ListedUserKey[]>;
  /** @throws NotFound; Unavailable unless the key is known to be gone */
  remove(user: KeyUser, accessKeyId: string): Promise<void>;
}

/** Another call may get the key that was lying about: then one is made for this one. */
const TRIES = 3;

export const createUserKeys = (deps: KeyDeps): UserKeys => {
  const createOnce = async (holder: Holder, caller: string, idempotencyKey: string | null) => {
    const request = idempotencyKey === null ? randomUUID() : hashOf(caller, idempotencyKey);
    const arg: CreateKey = { request };
    const { accessKeyId } = await holder.ask<MadeKey>(CREATE_KEY, arg, `${CREATE_KEY}-${request}`);
    return await deps.control.credentials.claim(holder.subject, accessKeyId, { caller, idempotencyKey });
  };

  return {
    async create(user, idempotencyKey) {
      const holder = holderOf(deps, user, 'user');
      const caller = `user:${user.userId}`;
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        const answer = await createOnce(holder, caller, idempotencyKey).catch(asTooMany);
        if (answer.state === 'claimed') return answer.secret;
        if (idempotencyKey !== null) {
          throw new ApiProblem(
            'AlreadyClaimed',
            'the key of this Idempotency-Key was handed out: delete it, and make another',
          );
        }
      }
      throw new ApiProblem('Unavailable', 'the key that was made went to another call; try again');
    },

    async list(user) {
      const holder = holderOf(deps, user, 'user');
      const keys = await holder.ask<readonly AccessKey[]>(LIST_KEYS, null, `${LIST_KEYS}-${randomUUID()}`);
      return keys.map((key) => ({ id: key.id, status: statusOf(key, deps.now()) }));
    },

    async remove(user, accessKeyId) {
      const holder = holderOf(deps, user, 'user');
      const arg: DeleteKey = { accessKeyId };
      await holder.ask<void>(DELETE_KEY, arg, `${DELETE_KEY}-${randomUUID()}`).catch((error: unknown) => {
        if (codeOf(error) === 'NotFound') throw new ApiProblem('NotFound', `there is no key ${accessKeyId}`);
        throw new ApiProblem(
          'Unavailable',
          `${accessKeyId} could not be deleted yet and may still work: its deletion is tried on; ask again`,
        );
      });
    },
  };
};

/** Gen3's clients know it as a fault of the request. */
const asTooMany = (error: unknown): never => {
  if (codeOf(error) !== 'QuotaExceeded') throw error;
  throw new ApiProblem('Invalid', error instanceof Error ? error.message : '', { status: 400 });
};

const hashOf = (caller: string, idempotencyKey: string): string =>
  createHash('sha256')
    .update(JSON.stringify([caller, idempotencyKey]))
    .digest('hex');

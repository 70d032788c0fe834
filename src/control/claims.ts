/**
 * Claims: who was given the secret of an access key. A claim *is* the creation of a marker object, so of any number of
 * callers at once exactly one wins.
 *
 * A winner that dies between its marker and its answer: with an idempotency key it asks again and gets the same answer
 * for ten minutes; without one the secret is gone, and a relaunch makes a fresh key.
 */
import { createHash } from 'node:crypto';
import type { SubjectRef } from '#domain/core/subject.ts';
import { claimKey, environmentClaimsPrefix, parseClaimKey } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

/** For this long the same caller with the same key gets the same answer again. */
export const REPEAT_WINDOW_MS = 10 * 60_000;

export interface Claim {
  readonly accessKeyId: string;
  readonly caller: string;
  /** SHA-256 of caller and idempotency key; null where the claim had none. */
  readonly repeatHash: string | null;
  /** ISO time. */
  readonly claimedAt: string;
}

export interface ClaimRequest {
  /** Who asks, as authenticated. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
}

export type ClaimOutcome = 'won' | 'repeat' | 'taken';

export type Claims = ReturnType<typeof createClaims>;

export const createClaims = (objects: Objects, now: () => number) => {
  const read = async (of: SubjectRef, accessKeyId: string): Promise<Claim | undefined> => {
    const stored = await objects.read(claimKey(of, accessKeyId));
    return stored && (JSON.parse(stored.body) as Claim);
  };

  return {
    read,

    async claim(of: SubjectRef, accessKeyId: string, request: ClaimRequest): Promise<ClaimOutcome> {
      const claim: Claim = {
        accessKeyId,
        caller: request.caller,
        repeatHash: hashOf(request),
        claimedAt: new Date(now()).toISOString(),
      };
      try {
        await objects.create(claimKey(of, accessKeyId), JSON.stringify(claim));
        return 'won';
      } catch (error) {
        if (!(error instanceof WriteConflict)) throw error;
      }
      const first = await read(of, accessKeyId);
      return first && isRepeatable(first, now()) && first.repeatHash === claim.repeatHash ? 'repeat' : 'taken';
    },

    /** Ids of all keys of an environment that were claimed: AWS gives no id twice. */
    async listAll(environment: string): Promise<ReadonlySet<string>> {
      const keys = await objects.listAll(environmentClaimsPrefix(environment));
      return new Set(keys.flatMap((key) => parseClaimKey(key) ?? []));
    },

    async remove(of: SubjectRef, accessKeyId: string): Promise<void> {
      await objects.remove(claimKey(of, accessKeyId));
    },
  };
};

/** May the answer to this claim still be given again? */
export const isRepeatable = ({ repeatHash, claimedAt }: Claim, nowMs: number): boolean =>
  repeatHash !== null && nowMs - Date.parse(claimedAt) < REPEAT_WINDOW_MS;

/** Only a hash is kept: the key itself would let a reader of the bucket repeat the claim. */
const hashOf = ({ caller, idempotencyKey }: ClaimRequest): string | null =>
  idempotencyKey === null
    ? null
    : createHash('sha256')
        .update(JSON.stringify([caller, idempotencyKey]))
        .digest('hex');

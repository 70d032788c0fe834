/** The credential of a holder of keys: what the claim and the seal of a key say together, and handing it out once. */
import type { SubjectRef } from '#domain/core/subject.ts';
import { type ClaimRequest, type Claims, isRepeatable } from './claims.ts';
import type { AccessKeySecret, Seals } from './seals.ts';

/** `none`: its secret is lost, or its sealing key is not configured any more. */
export interface SecretState {
  readonly state: 'none' | 'claimable' | 'claimed';
  readonly claimedAt: string | null;
}

/** `gone`: it was claimed, or its secret is lost: a key made anew has another. */
export type ClaimAnswer = { readonly state: 'claimed'; readonly secret: AccessKeySecret } | { readonly state: 'gone' };

export type Credentials = ReturnType<typeof createCredentials>;

export const createCredentials = (parts: { claims: Claims; seals: Seals; now: () => number }) => {
  const { claims, seals, now } = parts;

  /** Destroys the seal of a key whose claim can't be repeated any more. True where it did. */
  const expire = async (of: SubjectRef, accessKeyId: string): Promise<boolean> => {
    const claim = await claims.read(of, accessKeyId);
    if (!claim || isRepeatable(claim, now())) return false;
    await seals.destroy(of, accessKeyId);
    return true;
  };

  return {
    async stateOf(of: SubjectRef, accessKeyId: string): Promise<SecretState> {
      const claim = await claims.read(of, accessKeyId);
      if (claim) return { state: 'claimed', claimedAt: claim.claimedAt };
      const seal = await seals.info(of, accessKeyId);
      return { state: seal?.opens ? 'claimable' : 'none', claimedAt: null };
    },

    /**
     * Hands the secret out once; again only to the same caller with the same idempotency key, for ten minutes.
     * @throws SealUnreadable where the seal was changed or its sealing key is not configured.
     */
    async claim(of: SubjectRef, accessKeyId: string, request: ClaimRequest): Promise<ClaimAnswer> {
      // Opened before it is claimed: a seal that can't be opened must not use up the one claim, and a sweep may
      // destroy the seal as soon as the marker exists.
      const secret = await seals.open(of, accessKeyId);
      if (!secret) return { state: 'gone' };
      const outcome = await claims.claim(of, accessKeyId, request);
      if (request.idempotencyKey === null || outcome === 'taken') await expire(of, accessKeyId);
      return outcome === 'taken' ? { state: 'gone' } : { state: 'claimed', secret };
    },

    /** Destroys the seals of all keys of an environment whose claim can't be repeated any more; how many. */
    async sweepClaims(environment: string): Promise<number> {
      let destroyed = 0;
      const claimed = await claims.listAll(environment);
      for (const { of, accessKeyId } of await seals.listAll(environment)) {
        // System keys stay sealed for as long as they live: there may be many.
        if (claimed.has(accessKeyId) && (await expire(of, accessKeyId))) destroyed += 1;
      }
      return destroyed;
    },
  };
};

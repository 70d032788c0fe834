/** The credential of a workspace: what its record, the claim and the seal say together, and handing it out once. */
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { CredentialView } from '#domain/workspace/view.ts';
import { type ClaimRequest, type Claims, isRepeatable } from './claims.ts';
import type { WorkspaceIds } from './keys.ts';
import type { AccessKeySecret, Seals } from './seals.ts';

/** `not-ready`: there is no key to claim yet. `gone`: it was claimed, or its secret is lost: a relaunch makes another. */
export type ClaimAnswer =
  | { readonly state: 'claimed'; readonly secret: AccessKeySecret }
  | { readonly state: 'not-ready' }
  | { readonly state: 'gone' };

export type Credentials = ReturnType<typeof createCredentials>;

const idsOf = ({ workspace }: WorkspaceRecord): WorkspaceIds => ({
  environment: workspace.environment,
  escapedUser: workspace.escapedUser,
});

/** While a launch is on its way, the key to come is what the workspace has: not the one of an earlier launch. */
const readyKey = ({ key, launchId, phase }: WorkspaceRecord): WorkspaceRecord['key'] =>
  phase === 'launching' && key?.launchId !== launchId ? null : key;

export const createCredentials = (parts: { claims: Claims; seals: Seals; now: () => number }) => {
  const { claims, seals, now } = parts;

  /** Destroys the seal of a key whose claim can't be repeated any more. True where it did. */
  const expire = async (ids: WorkspaceIds, launchId: string, accessKeyId: string): Promise<boolean> => {
    const claim = await claims.read(ids, accessKeyId);
    if (!claim || isRepeatable(claim, now())) return false;
    await seals.destroy(ids, launchId);
    return true;
  };

  return {
    /** As the API shows it. */
    async credentialOf(record: WorkspaceRecord): Promise<CredentialView> {
      const key = readyKey(record);
      if (!key) {
        const state = record.phase === 'launching' ? 'pending' : 'none';
        return { state, accessKeyId: null, createdAt: null, claimedAt: null };
      }
      const { accessKeyId, createdAt } = key;
      const claim = await claims.read(idsOf(record), accessKeyId);
      if (claim) return { state: 'claimed', accessKeyId, createdAt, claimedAt: claim.claimedAt };
      const sealed = (await seals.info(idsOf(record), key.launchId))?.accessKeyId === accessKeyId;
      return { state: sealed ? 'claimable' : 'none', accessKeyId, createdAt, claimedAt: null };
    },

    /**
     * Hands the secret out once; again only to the same caller with the same idempotency key, for ten minutes.
     * @throws Invalid where the seal was changed or its sealing key is not configured.
     */
    async claim(record: WorkspaceRecord, request: ClaimRequest): Promise<ClaimAnswer> {
      const key = readyKey(record);
      if (!key) return { state: 'not-ready' };
      const { accessKeyId, launchId } = key;
      const ids = idsOf(record);
      // Opened before it is claimed: a seal that can't be opened must not use up the one claim, and a sweep may
      // destroy the seal as soon as the marker exists.
      const secret = await seals.open(ids, launchId);
      if (secret?.accessKeyId !== accessKeyId) return { state: 'gone' };
      const outcome = await claims.claim(ids, accessKeyId, request);
      if (request.idempotencyKey === null || outcome === 'taken') await expire(ids, launchId, accessKeyId);
      return outcome === 'taken' ? { state: 'gone' } : { state: 'claimed', secret };
    },

    /** Destroys the seals of all keys of an environment whose claim can't be repeated any more; how many. */
    async sweepClaims(environment: string): Promise<number> {
      let destroyed = 0;
      for (const { ids, launchId, accessKeyId } of await seals.list({ environment })) {
        if (await expire(ids, launchId, accessKeyId)) destroyed += 1;
      }
      return destroyed;
    },
  };
};

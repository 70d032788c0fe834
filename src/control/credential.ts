/** The credential of a workspace: what its record, the claim and the seal say together, and handing it out once. */
import type { SubjectRef } from '#domain/core/subject.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { CredentialView } from '#domain/workspace/view.ts';
import { type ClaimRequest, type Claims, isRepeatable } from './claims.ts';
import type { AccessKeySecret, Seals } from './seals.ts';

/** `not-ready`: there is no key to claim yet. `gone`: it was claimed, or its secret is lost: a relaunch makes another. */
export type ClaimAnswer =
  | { readonly state: 'claimed'; readonly secret: AccessKeySecret }
  | { readonly state: 'not-ready' }
  | { readonly state: 'gone' };

export type Credentials = ReturnType<typeof createCredentials>;

/** While a launch is on its way, the key to come is what the workspace has: not the one of an earlier launch. */
const readyKey = ({ key, launchId, phase }: WorkspaceRecord): WorkspaceRecord['key'] =>
  phase === 'launching' && key?.launchId !== launchId ? null : key;

export const createCredentials = (parts: { claims: Claims; seals: Seals; now: () => number }) => {
  const { claims, seals, now } = parts;

  /** Destroys the seal of a key whose claim can't be repeated any more. True where it did. */
  const expire = async (of: SubjectRef, launchId: string, accessKeyId: string): Promise<boolean> => {
    const claim = await claims.read(of, accessKeyId);
    if (!claim || isRepeatable(claim, now())) return false;
    await seals.destroy(of, launchId);
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
      const claim = await claims.read(workspaceSubject(record.workspace), accessKeyId);
      if (claim) return { state: 'claimed', accessKeyId, createdAt, claimedAt: claim.claimedAt };
      const sealed = (await seals.info(workspaceSubject(record.workspace), key.launchId))?.accessKeyId === accessKeyId;
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
      const of = workspaceSubject(record.workspace);
      // Opened before it is claimed: a seal that can't be opened must not use up the one claim, and a sweep may
      // destroy the seal as soon as the marker exists.
      const secret = await seals.open(of, launchId);
      if (secret?.accessKeyId !== accessKeyId) return { state: 'gone' };
      const outcome = await claims.claim(of, accessKeyId, request);
      if (request.idempotencyKey === null || outcome === 'taken') await expire(of, launchId, accessKeyId);
      return outcome === 'taken' ? { state: 'gone' } : { state: 'claimed', secret };
    },

    /** Destroys the seals of all keys of an environment whose claim can't be repeated any more; how many. */
    async sweepClaims(environment: string): Promise<number> {
      let destroyed = 0;
      for (const seal of await seals.listAll(environment)) {
        if (await expire(seal.of, seal.launchId, seal.accessKeyId)) destroyed += 1;
      }
      return destroyed;
    },
  };
};

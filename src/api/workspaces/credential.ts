/** The credential of a workspace: what its record says, and what became of the key that it names. */
import type { ClaimRequest } from '#control/claims.ts';
import type { ClaimAnswer, Credentials } from '#control/credential.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { CredentialView } from '#domain/workspace/view.ts';

export const NO_CREDENTIAL: CredentialView = { state: 'none', accessKeyId: null, createdAt: null, claimedAt: null };

/** While a launch is in progress, the key to come is what the workspace has: not the one of an earlier launch. */
const readyKey = ({ key, phase }: WorkspaceRecord): WorkspaceRecord['key'] => (phase === 'launching' ? null : key);

/** As the API shows it. */
export const credentialOf = async (
  credentials: Pick<Credentials, 'stateOf'>,
  record: WorkspaceRecord,
): Promise<CredentialView> => {
  const key = readyKey(record);
  if (!key) return { ...NO_CREDENTIAL, state: record.phase === 'launching' ? 'pending' : 'none' };
  const { id, createdAt } = key;
  return { accessKeyId: id, createdAt, ...(await credentials.stateOf(record.subject, id)) };
};

/** Hands the secret out, once. `not-ready`: there is no key to claim yet. */
export const claimOf = async (
  credentials: Pick<Credentials, 'claim'>,
  record: WorkspaceRecord,
  request: ClaimRequest,
): Promise<ClaimAnswer | { readonly state: 'not-ready' }> => {
  const key = readyKey(record);
  return key ? await credentials.claim(record.subject, key.id, request) : { state: 'not-ready' };
};

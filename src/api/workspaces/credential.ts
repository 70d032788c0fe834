/** The credential of a workspace: what its record says, and what became of the key that it names. */
import type { ClaimRequest } from '#control/claims.ts';
import type { Credentials } from '#control/credential.ts';
import type { AccessKeySecret } from '#control/seals.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { CredentialView } from '#domain/workspace/view.ts';

export const NO_CREDENTIAL: CredentialView = { state: 'none', accessKeyId: null, createdAt: null, claimedAt: null };

/** While a launch is in progress, the key to come is what the workspace has: not the one of an earlier launch. */
const readyKey = ({ key, phase }: WorkspaceRecord): WorkspaceRecord['key'] => (phase === 'launching' ? null : key);

const readyToken = ({ token, phase }: WorkspaceRecord): WorkspaceRecord['token'] =>
  phase === 'launching' ? null : token;

/** As the API shows it. Of a workspace whose holder is given sessions alone: its token. */
export const credentialOf = async (
  credentials: Pick<Credentials, 'stateOf'>,
  record: WorkspaceRecord,
): Promise<CredentialView> => {
  const named = readyKey(record) ?? readyToken(record);
  if (!named) return { ...NO_CREDENTIAL, state: record.phase === 'launching' ? 'pending' : 'none' };
  const { id, createdAt } = named;
  const accessKeyId = record.key ? id : null;
  return { accessKeyId, createdAt, ...(await credentials.stateOf(record.subject, id)) };
};

export type Claimed =
  | { readonly state: 'claimed'; readonly secret?: AccessKeySecret; readonly token?: string }
  | { readonly state: 'gone' }
  | { readonly state: 'not-ready' };

/** Hands the secret out, once, and the token with it. `not-ready`: there is nothing to claim yet. */
export const claimOf = async (
  credentials: Pick<Credentials, 'claim'>,
  record: WorkspaceRecord,
  request: ClaimRequest,
): Promise<Claimed> => {
  const key = readyKey(record);
  const token = readyToken(record);
  const ofKey = key && (await credentials.claim(record.subject, key.id, request));
  if (ofKey?.state === 'gone') return ofKey;
  // After a rotation the token may have been handed out with the key before: it stays what it was.
  const ofToken = token && (await credentials.claim(record.subject, token.id, request));
  if (!ofKey && !ofToken) return { state: 'not-ready' };
  if (!ofKey && ofToken?.state === 'gone') return ofToken;
  return {
    state: 'claimed',
    ...(ofKey && { secret: ofKey.secret }),
    ...(ofToken?.state === 'claimed' && { token: ofToken.secret.secretAccessKey }),
  };
};

/** Eyrie's own AWS access, as the configuration describes it: static keys or the default chain, perhaps a role on top. */
import { STSClient } from '@aws-sdk/client-sts';
import type { AccountRef } from '#domain/core/account.ts';
import { type Aws, type AwsOptions, createAws } from './clients.ts';
import type { CredentialProvider, Credentials } from './credential-source.ts';
import { assumedRole, defaultChain } from './credentials.ts';

export interface OwnAccess {
  readonly region: string;
  readonly endpoint?: string | undefined;
  /** Default: the SDK's chain. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string | undefined }
    | undefined;
  /** Role to work under. Default: none. */
  readonly assumeRole?: { readonly roleArn: string; readonly externalId?: string | undefined } | undefined;
}

export const ownCredentials = ({ region, endpoint, credentials, assumeRole }: OwnAccess): CredentialProvider => {
  const base: CredentialProvider = credentials ? async () => credentials as Credentials : defaultChain;
  if (!assumeRole) return base;
  const sts = new STSClient({ region, credentials: base, maxAttempts: 2, ...(endpoint && { endpoint }) });
  return assumedRole(sts, { roleArn: assumeRole.roleArn, externalId: assumeRole.externalId ?? null });
};

/** Nobody keeps its writes back or counts its calls unless somebody is named. */
export const createOwnAws = (access: OwnAccess, more: Pick<AwsOptions, 'governor' | 'onCall'> = {}): Aws =>
  createAws({ credentials: ownCredentials(access), ...more, ...(access.endpoint && { endpoint: access.endpoint }) });

/** Where Eyrie itself is at home: for the control bucket. */
export const homeAccount = ({
  region,
  accountId = '',
}: {
  readonly region: string;
  readonly accountId?: string | undefined;
}): AccountRef => ({
  accountId,
  region,
  roleArn: null,
  externalId: null,
});

/** Where credentials come from: the SDK's default chain, and roles that other accounts are entered by. */
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { fail } from '#domain/core/failures.ts';
import type { CredentialProvider } from './credential-source.ts';
import { classify } from './errors.ts';

/**
 * The SDK's chain keeps keys that never expire for as long as the process lives. Whoever asks here keeps them already, and
 * asks anew once they were refused: keys that were replaced in a file are taken up without a restart.
 */
export const defaultChain: CredentialProvider = () => fromNodeProviderChain({ ignoreCache: true })();

/** Shown in CloudTrail beside the role. */
const SESSION_NAME = 'eyrie';

/** An hour is what every role allows, also when Eyrie's own credentials come from a role. */
const SESSION_SECONDS = 3_600;

/**
 * Enters an account by its role. A refusal names `sts:AssumeRole`, not the call that needed the credentials, and its
 * outcome is never unknown: that call was not made.
 */
export const assumedRole =
  (sts: STSClient, role: { readonly roleArn: string; readonly externalId: string | null }): CredentialProvider =>
  async () => {
    const command = new AssumeRoleCommand({
      RoleArn: role.roleArn,
      RoleSessionName: SESSION_NAME,
      DurationSeconds: SESSION_SECONDS,
      ...(role.externalId !== null && { ExternalId: role.externalId }),
    });
    const { Credentials: given } = await sts.send(command).catch((error: unknown) => {
      throw classify(error, {
        ...{ operation: 'sts:AssumeRole', resource: role.roleArn, whose: "Eyrie's own credentials" },
        write: false,
      });
    });
    if (!given?.AccessKeyId || !given.SecretAccessKey) {
      throw fail('Unavailable', `STS gave no credentials for ${role.roleArn}`, { operation: 'sts:AssumeRole' });
    }
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      ...(given.SessionToken !== undefined && { sessionToken: given.SessionToken }),
      ...(given.Expiration !== undefined && { expiration: given.Expiration }),
    };
  };

/** Credentials of accounts: asked for once, kept, and renewed before they expire. */
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { fail } from '#domain/failures.ts';
import { classify } from './errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<Credentials>;

/** Shown in CloudTrail beside the role. */
const SESSION_NAME = 'eyrie';

/** An hour is what every role allows, also when Eyrie's own credentials come from a role. */
const SESSION_SECONDS = 3_600;

/** The SDK takes credentials for expired five minutes early; ours are new by then. */
const RENEW_BEFORE_MS = 6 * 60_000;

export interface Remembered {
  readonly provide: CredentialProvider;
  readonly forget: () => void;
}

/** One request at a time, however many callers wait; a failure is not remembered. */
export const remembered = (provider: CredentialProvider, now: () => number = Date.now): Remembered => {
  let kept: Promise<Credentials> | undefined;
  let renewAt = Number.POSITIVE_INFINITY;
  return {
    provide() {
      if (kept && now() < renewAt) return kept;
      renewAt = Number.POSITIVE_INFINITY;
      const asked: Promise<Credentials> = provider().then(
        (credentials) => {
          if (kept === asked && credentials.expiration) renewAt = credentials.expiration.getTime() - RENEW_BEFORE_MS;
          return credentials;
        },
        (error: unknown) => {
          if (kept === asked) kept = undefined;
          throw error;
        },
      );
      kept = asked;
      return asked;
    },
    forget() {
      kept = undefined;
    },
  };
};

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
      throw classify(error, { operation: 'sts:AssumeRole', write: false });
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

/**
 * STS: a role is assumed when it exists, services know of it, its trust policy lets the caller in and the caller's own
 * policies allow it. The credentials are real ones: they sign, expire, and act in the role's account.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { randomBytes } from 'node:crypto';
import type { Caller, Rule } from '../../core/call.ts';
import { decodeDenial } from '../../core/denial-message.ts';
import { AwsError } from '../../core/error.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { IAM } from '../iam/contract.ts';
import { type Assumption, checkAssumption, sessionPolicyOf } from './assume.ts';

const UNCHECKED: ReadonlySet<string> = new Set(['AssumeRole', 'GetCallerIdentity', 'GetSessionToken']);

const DEFAULT_SECONDS = 3_600;
const SESSION_TOKEN_SECONDS = 43_200;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const keyId = (): string => `ASIA${[...randomBytes(16)].map((byte) => BASE32[byte % 32]).join('')}`;

interface Session {
  readonly caller: Caller;
  readonly seconds: number;
  readonly policy?: unknown;
}

export const createSts = (world: World): ServiceModule => {
  const issue = ({ caller, seconds, policy }: Session): Record<string, string> => {
    const expiresAt = world.now() + seconds * 1000;
    const key = {
      accessKeyId: keyId(),
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: `FwoGZXIvYXdzE${randomBytes(180).toString('base64')}`,
    };
    world.keyring.add({ ...key, caller, expiresAt, ...(policy !== undefined && { sessionPolicy: policy }) });
    return {
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      SessionToken: key.sessionToken,
      Expiration: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  };

  const assumeRole: Rule = async (call) => {
    const assumption: Assumption = await checkAssumption(world, call);
    const { account, roleName, roleId, sessionName, seconds } = assumption;
    const policy = await sessionPolicyOf(world, call, account);
    const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
    const caller: Caller = { kind: 'role', account, arn, roleName, sessionName };
    return world.answer(call, {
      Credentials: issue({ caller, seconds: seconds ?? DEFAULT_SECONDS, policy }),
      AssumedRoleUser: { AssumedRoleId: `${roleId}:${sessionName}`, Arn: arn },
      ...(policy !== undefined && { PackedPolicySize: 6 }),
    });
  };

  const getCallerIdentity: Rule = async (call) => {
    const { userId } = await world.service(IAM).principalOf(call.caller);
    return world.answer(call, { UserId: userId, Account: call.caller.account, Arn: call.caller.arn });
  };

  const getSessionToken: Rule = async (call) => {
    if (call.caller.kind === 'role') {
      throw new AwsError('AccessDenied', 'Cannot call GetSessionToken with session credentials', 403);
    }
    const seconds = Number(call.params.DurationSeconds ?? SESSION_TOKEN_SECONDS);
    return world.answer(call, { Credentials: issue({ caller: call.caller, seconds }) });
  };

  return {
    service: 'sts',
    rules: {
      AssumeRole: assumeRole,
      GetCallerIdentity: getCallerIdentity,
      GetSessionToken: getSessionToken,
      DecodeAuthorizationMessage: async (call) =>
        world.answer(call, { DecodedMessage: decodeDenial(String(call.params.EncodedMessage ?? '')) }),
    },
    /** AssumeRole is weighed by STS itself, together with the trust policy; the others are free for everybody. */
    actions: (call) => (UNCHECKED.has(call.operation) ? [] : undefined),
    errors: {
      throttle: ['Throttling', 400, 'Rate exceeded'],
      denied: ['AccessDenied', 403, 'User is not authorized to perform this action'],
    },
  };
};

/**
 * KMS: key states that refuse, aliases that are reserved, policies that make sense.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { kmsActions } from './actions.ts';
import type { Kms } from './contract.ts';
import { createKmsInventory } from './inventory.ts';
import { checkKeyPolicy } from './policy.ts';

const WINDOW_DAYS = { min: 7, max: 30 } as const;
const ALIAS = /^alias\/[a-zA-Z0-9/_-]{1,250}$/;
const RESERVED = 'alias/aws/';

/** Refused by a key that waits for its deletion. */
const NEED_A_LIVING_KEY = [
  'CreateGrant',
  'DisableKey',
  'EnableKey',
  'DisableKeyRotation',
  'EnableKeyRotation',
  'TagResource',
  'UntagResource',
  'UpdateKeyDescription',
] as const;

/** Allowed whatever the key's state. */
const ONLY_LOOK = [
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'ListGrants',
  'ListKeyPolicies',
  'ListResourceTags',
] as const;

/** Refused by a disabled key as well. */
const NEED_AN_ENABLED_KEY = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
] as const;

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

const pendingDeletion = (arn: string): AwsError =>
  new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);

const defaultPolicy = (account: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
});

export const createKms = (world: World): ServiceModule => {
  const policies = new Map<string, Promise<unknown>>();
  const regions = new Map<string, Set<string>>();

  const findKey: Kms['findKey'] = async (account, region, named) => {
    if (!named) return undefined;
    try {
      const kms = world.moto(KMSClient, account, region);
      return (await kms.send(new DescribeKeyCommand({ KeyId: named }))).KeyMetadata;
    } catch {
      return undefined;
    }
  };

  const named = (call: Call): string => textOf(call.params, 'KeyId') || textOf(call.params, 'TargetKeyId');

  const checkState = async (call: Call, needsEnabled: boolean): Promise<void> => {
    const key = await findKey(call.account, call.region, named(call));
    if (key?.KeyState === 'PendingDeletion') throw pendingDeletion(key.Arn ?? '');
    if (needsEnabled && key?.KeyState === 'Disabled')
      throw new AwsError('DisabledException', `${key.Arn} is disabled.`);
  };

  const guarded =
    (needsEnabled: boolean): Rule =>
    async (call, forward) => {
      await checkState(call, needsEnabled);
      return forward();
    };

  const checkAlias = (call: Call): void => {
    const alias = textOf(call.params, 'AliasName');
    if (!alias.startsWith('alias/')) throw invalid('Invalid identifier');
    if (alias.startsWith(RESERVED)) {
      throw new AwsError('NotAuthorizedException', `${alias} is reserved for keys that AWS manages.`);
    }
    if (!ALIAS.test(alias)) {
      throw invalid(
        `1 validation error detected: Value '${alias}' at 'aliasName' failed to satisfy constraint: ` +
          'Member must satisfy regular expression pattern: ^alias/[a-zA-Z0-9/_-]+$',
      );
    }
  };

  const setAlias: Rule = async (call, forward) => {
    checkAlias(call);
    await checkState(call, false);
    return forward();
  };

  const createKey: Rule = async (call, forward) => {
    await checkKeyPolicy(world, call);
    regions.set(call.account, (regions.get(call.account) ?? new Set()).add(call.region));
    return forward();
  };

  const putKeyPolicy: Rule = async (call, forward) => {
    await checkKeyPolicy(world, call);
    const answer = await forward();
    const arn = await keyArn(call.account, call.region, named(call));
    if (arn) policies.delete(arn);
    return answer;
  };

  const scheduleKeyDeletion: Rule = async (call, forward) => {
    const days =
      call.params.PendingWindowInDays === undefined ? WINDOW_DAYS.max : Number(call.params.PendingWindowInDays);
    if (days < WINDOW_DAYS.min || days > WINDOW_DAYS.max) {
      const bound =
        days < WINDOW_DAYS.min
          ? `greater than or equal to ${WINDOW_DAYS.min}`
          : `less than or equal to ${WINDOW_DAYS.max}`;
      throw invalid(
        `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value ${bound}`,
      );
    }
    await checkState(call, false);
    const answer = await forward();
    if (answer.status >= 300) return answer;
    const arn = await keyArn(call.account, call.region, named(call));
    // AWS names the key by its ARN, however it was asked.
    return world.answer(call, {
      ...world.decode(call, answer),
      KeyId: arn,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    });
  };

  const cancelKeyDeletion: Rule = async (call, forward) => {
    const key = await findKey(call.account, call.region, named(call));
    if (key && key.KeyState !== 'PendingDeletion') {
      throw new AwsError('KMSInvalidStateException', `${key.Arn} is not pending deletion.`);
    }
    const answer = await forward();
    return answer.status >= 300 ? answer : world.answer(call, { KeyId: key?.Arn });
  };

  const keyArn: Kms['keyArn'] = async (account, region, key) => {
    if (/^arn:[^:]+:kms:[^:]+:\d{12}:key\//.test(key)) return key;
    return (await findKey(account, region, key))?.Arn;
  };

  const loadPolicy = async (arn: string): Promise<unknown> => {
    const [, , , region = '', account = '', entity = ''] = arn.split(':');
    try {
      const kms = world.moto(KMSClient, account, region);
      const { Policy } = await kms.send(
        new GetKeyPolicyCommand({ KeyId: entity.slice('key/'.length), PolicyName: 'default' }),
      );
      return Policy ? JSON.parse(Policy) : defaultPolicy(account);
    } catch {
      policies.delete(arn);
      return defaultPolicy(account);
    }
  };

  /** moto takes a key's ARN in some operations and stumbles over it in others; ids it takes everywhere. */
  const byId =
    (rule: Rule): Rule =>
    (call, forward) => {
      const named = textOf(call.params, 'KeyId');
      const id = /:key\/(.+)$/.exec(named)?.[1] ?? named;
      // Optional in KMS, demanded by moto.
      const policyName = call.operation.endsWith('KeyPolicy') && { PolicyName: 'default' };
      if (id === named && !policyName) return rule(call, forward);
      const params = { ...policyName, ...call.params, KeyId: id };
      return rule(call, (changed) => forward({ params, ...changed }));
    };

  const rules: Record<string, Rule> = {
    ...Object.fromEntries(
      ONLY_LOOK.map((operation) => [operation, (_call: Call, forward: Parameters<Rule>[1]) => forward()]),
    ),
    ...Object.fromEntries(NEED_A_LIVING_KEY.map((operation) => [operation, guarded(false)])),
    ...Object.fromEntries(NEED_AN_ENABLED_KEY.map((operation) => [operation, guarded(true)])),
    CreateKey: createKey,
    PutKeyPolicy: putKeyPolicy,
    CreateAlias: setAlias,
    UpdateAlias: setAlias,
    DeleteAlias: async (call, forward) => {
      checkAlias(call);
      return forward();
    },
    ScheduleKeyDeletion: scheduleKeyDeletion,
    CancelKeyDeletion: cancelKeyDeletion,
  };

  /** The key's policy; the default one for a key that does not exist, so that KMS itself says so. */
  const keyPolicy = (arn: string): Promise<unknown> => {
    const loading = policies.get(arn) ?? loadPolicy(arn);
    policies.set(arn, loading);
    return loading;
  };

  const offers: Kms = { keyArn, findKey };

  return {
    service: 'kms',
    rules: Object.fromEntries(Object.entries(rules).map(([operation, rule]) => [operation, byId(rule)])),
    inventory: createKmsInventory(world, (account) => [...(regions.get(account) ?? [])]),
    actions: kmsActions,
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      const kms = world.moto(KMSClient, account || call.account, region || call.region);
      return (await kms.send(new ListResourceTagsCommand({ KeyId: arn }))).Tags;
    },
    async ownerOf(call, arn) {
      const [, , , , given = '', entity = ''] = arn.split(':');
      const account = /^\d{12}$/.test(given) ? given : call.account;
      if (!entity.startsWith('key/')) return { account };
      // Asked by another service the policy binds the root as well.
      return { account, policy: await keyPolicy(arn), bindsRoot: call.service !== 'kms' };
    },
    errors: { internal: ['KMSInternalException', 500, 'Internal error'] },
    offers,
  };
};

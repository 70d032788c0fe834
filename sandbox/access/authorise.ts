/**
 * May the caller do this? Every action that a call stands for is put to the simulator with the caller's policies, the
 * policy of the bucket or key it touches and what the request says about itself.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import type { Tag } from '@aws-sdk/client-iam';
import type { Call } from '../core/call.ts';
import type { Check, ResourceOwner, Verdict } from '../core/check.ts';
import { AwsError } from '../core/error.ts';
import type { ServiceModule } from '../core/service.ts';
import { SERVICE_CONTROL_POLICIES } from '../core/service-control-policies.ts';
import type { World } from '../core/world.ts';
import { IAM, type Principal } from '../services/iam/contract.ts';
import { evaluateOnce } from './cache.ts';
import { accessDenied } from './denied.ts';
import { resourceTagsOf } from './tags.ts';

export interface Access {
  /** One action on one resource for the caller of this call. */
  verdictOn(call: Call, check: Check): Promise<Verdict>;
  /** @throws AwsError in the service's own words when the check fails. */
  mustBeAllowed(call: Call, check: Check): Promise<void>;
  /**
   * Refuses what the caller's policies, or those of a bucket or key, do not allow. The root of an account may do
   * everything but what a bucket policy denies.
   * @throws AwsError AccessDenied, AccessDeniedException or UnauthorizedOperation
   */
  authorise(call: Call): Promise<void>;
}

const prefixed = (prefix: string, tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [`${prefix}/${Key}`, Value]));

const PRINCIPAL_TYPES = { root: 'Account', user: 'User', role: 'AssumedRole' } as const;

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
const contextOf = (world: World, call: Call, principal: Principal): Record<string, string | string[]> => {
  const { headers } = call.request;
  const now = world.now();
  return {
    'aws:PrincipalArn': principal.arn,
    'aws:PrincipalAccount': call.caller.account,
    'aws:PrincipalType': PRINCIPAL_TYPES[call.caller.kind],
    'aws:PrincipalIsAWSService': 'false',
    'aws:userid': principal.userId,
    ...(call.caller.kind === 'user' && { 'aws:username': call.caller.userName }),
    ...prefixed('aws:PrincipalTag', principal.tags),
    'aws:RequestedRegion': call.region,
    'aws:SourceIp': '127.0.0.1',
    // The endpoint stands for one that AWS serves over TLS only; a proxy that took plain http says so by this header.
    'aws:SecureTransport': String(headers['x-forwarded-proto'] !== 'http'),
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': String(Math.floor(now / 1000)),
    ...(headers['user-agent'] !== undefined && { 'aws:UserAgent': headers['user-agent'] }),
    ...(headers.referer !== undefined && { 'aws:Referer': headers.referer }),
  };
};

export const createAccess = (world: World, moduleOf: (service: string) => ServiceModule | undefined): Access => {
  const ownerOf = async (call: Call, arn: string): Promise<ResourceOwner> => {
    const [, , service = '', , account = ''] = arn.split(':');
    const owner = await moduleOf(service)?.ownerOf?.(call, arn);
    return owner ?? { account: /^\d{12}$/.test(account) ? account : call.account };
  };

  const evaluate = async (call: Call, principal: Principal, check: Check): Promise<Verdict> => {
    const owner = await ownerOf(call, check.resource);
    const resource = { arn: check.resource, module: moduleOf(check.resource.split(':')[2] ?? '') };
    const tags = principal.asksForResourceTags ? await resourceTagsOf(world, call, resource) : {};
    return evaluateOnce(principal, {
      principal: call.caller.arn,
      action: check.action,
      resource: check.resource,
      resourceAccount: owner.account,
      context: {
        ...contextOf(world, call, principal),
        'aws:ResourceAccount': owner.account,
        ...tags,
        ...check.context,
      },
      identityPolicies: principal.policies,
      boundary: principal.boundary,
      sessionPolicy: world.keyring.find(call.accessKeyId)?.sessionPolicy,
      resourcePolicy: owner.policy,
      serviceControlPolicies: world.assumed(call.caller.account, SERVICE_CONTROL_POLICIES),
    });
  };

  /** The root of an account may do everything in it, unless a resource's policy binds it too. */
  const isItsRoot = async (call: Call, check: Check): Promise<boolean> => {
    if (call.caller.kind !== 'root') return false;
    const { account, policy, bindsRoot = false } = await ownerOf(call, check.resource);
    return account === call.account && !(bindsRoot && policy !== undefined);
  };

  const verdictOn = async (call: Call, check: Check): Promise<Verdict> => {
    if (await isItsRoot(call, check)) return { allowed: true };
    const principal = await world.service(IAM).principalOf(call.caller);
    const verdict = await evaluate(call, principal, check);
    if (verdict.allowed || !check.or) return verdict;
    const other = await verdictOn(call, check.or);
    return other.allowed ? other : verdict;
  };

  const mustBeAllowed = async (call: Call, check: Check): Promise<void> => {
    const verdict = await verdictOn(call, check);
    if (verdict.allowed) return;
    throw accessDenied(call, { action: check.action, resource: check.resource, verdict }, moduleOf(call.service));
  };

  return {
    verdictOn,
    mustBeAllowed,
    async authorise(call) {
      world.service(IAM).keyUsed(call);
      const checks = await moduleOf(call.service)?.actions?.(call, world);
      for (const check of checks ?? [{ action: `${call.service}:${call.operation}`, resource: '*' }]) {
        if (!check.resource) throw new AwsError('ValidationError', 'The request names no resource.');
        await mustBeAllowed(call, check);
      }
    },
  };
};

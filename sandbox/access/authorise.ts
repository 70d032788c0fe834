/**
 * May the caller do this? Every action that a call stands for is put to the simulator with the caller's policies, the
 * policy of the bucket or key it touches and what the request says about itself.
 */
import type { Tag } from '@aws-sdk/client-iam';
import { AwsError, type Call, type World } from '../core/rule.ts';
import type { IamModule } from '../services/iam/module.ts';
import { findPrincipal, type Principal } from '../services/iam/principals.ts';
import type { KmsModule } from '../services/kms/module.ts';
import type { S3Module } from '../services/s3/module.ts';
import type { StsModule } from '../services/sts/module.ts';
import { actionsOf, type Check } from './actions.ts';
import { evaluateOnce } from './cache.ts';
import { accessDenied } from './denied.ts';
import type { Verdict } from './simulator.ts';
import { resourceTagsOf } from './tags.ts';

/** Checked by STS itself, against the trust policy, or free for everybody. */
const OPEN: ReadonlySet<string> = new Set(['sts:AssumeRole', 'sts:GetCallerIdentity', 'sts:GetSessionToken']);

/** The root of the bucket's account can always repair its policy. */
const ROOT_REPAIRS: ReadonlySet<string> = new Set([
  's3:GetBucketPolicy',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
]);

const prefixed = (prefix: string, tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [`${prefix}/${Key}`, Value]));

const PRINCIPAL_TYPES = { root: 'Account', user: 'User', role: 'AssumedRole' } as const;

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

interface Owner {
  readonly account: string;
  readonly policy?: unknown;
}

/** Who owns the resource, and the policy that hangs on it. */
const ownerOf = async (world: World, call: Call, resource: string): Promise<Owner> => {
  const parts = resource.split(':');
  if (parts[2] === 's3') {
    // Whoever asks for a new bucket asks in an account of their own; that the name is taken is no question of rights.
    if (call.operation === 'CreateBucket') return { account: call.account };
    const bucket = parts.slice(5).join(':').split('/')[0] ?? '';
    return world.module<S3Module>('s3').ownerOf(bucket) ?? { account: call.account };
  }
  const account = /^\d{12}$/.test(parts[4] ?? '') ? (parts[4] ?? '') : call.account;
  if (parts[2] === 'kms' && parts[5]?.startsWith('key/')) {
    return { account, policy: await world.module<KmsModule>('kms').keyPolicy(resource) };
  }
  return { account };
};

const evaluateCheck = async (world: World, call: Call, principal: Principal, check: Check): Promise<Verdict> => {
  const owner = await ownerOf(world, call, check.resource);
  const tags = principal.asksForResourceTags ? await resourceTagsOf(world, call, check.resource) : {};
  const sessionPolicy = world.module<StsModule>('sts').sessionPolicy(call.accessKeyId);
  return evaluateOnce(principal, {
    principal: call.caller.arn,
    action: check.action,
    resource: check.resource,
    resourceAccount: owner.account,
    context: { ...contextOf(world, call, principal), 'aws:ResourceAccount': owner.account, ...tags, ...check.context },
    identityPolicies: principal.policies,
    boundary: principal.boundary,
    sessionPolicy,
    resourcePolicy: owner.policy,
    serviceControlPolicies: world.worlds(call.caller.account).serviceControlPolicies,
  });
};

const needless = async (world: World, call: Call, check: Check): Promise<boolean> => {
  if (OPEN.has(check.action)) return true;
  if (call.caller.kind !== 'root') return false;
  const owner = await ownerOf(world, call, check.resource);
  if (owner.account !== call.account) return false;
  return call.service !== 's3' || owner.policy === undefined || ROOT_REPAIRS.has(check.action);
};

/** One action on one resource for the caller of this call: the verdict, for rules that look further than the request. */
export const verdictOn = async (world: World, call: Call, check: Check): Promise<Verdict> => {
  if (await needless(world, call, check)) return { allowed: true };
  const principal = await findPrincipal(world.module<IamModule>('iam'), call.caller);
  const verdict = await evaluateCheck(world, call, principal, check);
  if (verdict.allowed || !check.or) return verdict;
  const other = await verdictOn(world, call, check.or);
  return other.allowed ? other : verdict;
};

/** @throws AwsError in the service's own words when the check fails. */
export const mustBeAllowed = async (world: World, call: Call, check: Check): Promise<void> => {
  const verdict = await verdictOn(world, call, check);
  if (!verdict.allowed) throw accessDenied(call, { action: check.action, resource: check.resource, verdict });
};

/**
 * Refuses what the caller's policies, or those of a bucket or key, do not allow. The root of an account may do
 * everything but what a bucket policy denies.
 * @throws AwsError AccessDenied, AccessDeniedException or UnauthorizedOperation
 */
export const authorise = async (world: World, call: Call): Promise<void> => {
  world.module<IamModule>('iam').keyUsed(call);
  for (const check of await actionsOf(world, call)) {
    if (!check.resource) throw new AwsError('ValidationError', 'The request names no resource.');
    await mustBeAllowed(world, call, check);
  }
};

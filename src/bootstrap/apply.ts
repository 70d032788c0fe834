/**
 * Makes in an account what the plan says, and puts right what differs from it. Nothing is taken over that does not carry
 * this environment's tag. Each part is looked at each time: what broke off is completed by running it again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DetachRolePolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import { iamArn } from '#activities/iam/names.ts';
import { policyActivities } from '#activities/iam/policy.ts';
import { roleActivities } from '#activities/iam/role.ts';
import { attachedPolicies, findRole, trustOf } from '#activities/iam/role-parts.ts';
import { adopt } from '#activities/shared/adopt.ts';
import { type Aws, type AwsCall, type AwsClient, isRead } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { codeOf, FAILURES, fail } from '#domain/core/failures.ts';
import { type SharedOwner, tagsOf } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';
import { renderPolicy } from '#domain/resources/policy-document.ts';
import type { SharedSpec } from '#domain/resources/spec.ts';
import { ensureControlBucket } from './control-bucket.ts';
import type { BootstrapPlan, RolePlan } from './plan.ts';

export interface Applied {
  /** CloudFormation's name. */
  readonly type: string;
  readonly name: string;
  readonly outcome: 'made' | 'changed' | 'unchanged';
  /** Operations that changed something. */
  readonly calls: readonly string[];
}

export interface ApplyDeps {
  /** Tells each call to `onCall`. */
  readonly createAws: (onCall: (call: AwsCall) => void) => Aws;
  readonly timing: Timing;
  /** How long what passes by itself (a throttle, what is not visible yet) is tried again. */
  readonly patienceMs: number;
}

/** One after another, as each is done. @throws a classified failure: what was told of before is done */
export async function* applyBootstrap(plan: BootstrapPlan, deps: ApplyDeps): AsyncGenerator<Applied> {
  const calls: string[] = [];
  const aws = deps.createAws(({ operation, outcome }) => {
    // One whose answer was lost may have had its effect.
    if (!isRead(operation) && (outcome === 'ok' || outcome === 'Unavailable')) calls.push(operation);
  });
  const step = async (type: string, name: string, make: () => Promise<unknown>): Promise<Applied> => {
    calls.length = 0;
    await patiently(deps, make);
    const isMade = calls.some((operation) => CREATES.has(operation));
    return { type, name, outcome: isMade ? 'made' : calls.length > 0 ? 'changed' : 'unchanged', calls: [...calls] };
  };
  const { account, environment } = plan;
  const owner: SharedOwner = { kind: 'shared', environment };
  const { ensurePolicy } = policyActivities({ aws, timing: deps.timing });
  const { ensureRole } = roleActivities({ aws, timing: deps.timing });
  const iam = aws.iam(account);

  for (const role of plan.roles) {
    const { name, path, permissionsBoundary } = role;
    const { trust, isNew } = await patiently(deps, () => lookAt(iam, role, owner));
    const spec = (of: string): SharedSpec => ({ account, owner, name: of, tags: {}, adoptable: 'never' });
    const arns = Object.keys(role.policies).map((policy) => iamArn(account, `policy/${policy}`));
    for (const [policy, document] of Object.entries(role.policies)) {
      yield await step('AWS::IAM::ManagedPolicy', policy, () =>
        ensurePolicy({ ...spec(policy), path: '/', document: renderPolicy(document) }, ''),
      );
    }
    yield await step('AWS::IAM::Role', name, async () => {
      // First: a role has ten policies at most.
      if (!isNew) await detachFormer(iam, name, arns);
      await ensureRole({ ...spec(name), path, trust, ...(permissionsBoundary && { permissionsBoundary }) }, arns);
    });
  }
  const { controlBucket } = plan;
  if (controlBucket) {
    yield await step('AWS::S3::Bucket', controlBucket.name, () =>
      ensureControlBucket(aws.s3(account), controlBucket, { account, owner }),
    );
  }
}

const CREATES: ReadonlySet<string> = new Set(['CreatePolicy', 'CreateRole', 'CreateBucket']);

/** Before anything is made for it. @throws Conflict where it is not ours, Invalid where nobody said who may enter it */
const lookAt = async (
  iam: AwsClient<IAMClient>,
  { name, trust }: RolePlan,
  owner: SharedOwner,
): Promise<{ readonly trust: string; readonly isNew: boolean }> => {
  const found = await findRole(iam, name);
  if (found) adopt({ what: `role ${name}`, tags: tagsOf(found.Tags) }, { owner, tags: {}, adoptable: 'never' });
  if (trust) return { trust: renderPolicy(trust), isNew: !found };
  if (found) return { trust: trustOf(found), isNew: false };
  throw fail('Invalid', `role ${name} is not there yet: say who may enter it, by --trust`);
};

/** Documents that are published no more, or under another name. What somebody else attached stays. */
const detachFormer = async (iam: AwsClient<IAMClient>, RoleName: string, arns: readonly string[]): Promise<void> => {
  for (const PolicyArn of await attachedPolicies(iam, RoleName)) {
    if (!PolicyArn.includes(`:policy/${RoleName}-`) || arns.includes(PolicyArn)) continue;
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })).catch(ignoreNotFound);
  }
};

const PAUSE_MS = 1_000;

const patiently = async <T>({ patienceMs }: ApplyDeps, make: () => Promise<T>): Promise<T> => {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!FAILURES[codeOf(error)].retry || Date.now() > until) throw error;
      await pause(Math.min(PAUSE_MS, patienceMs / 10));
    }
  }
};

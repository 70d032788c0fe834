/**
 * The job queue: CREATING → VALID or INVALID; delete needs DISABLED; DELETED stays visible for a while and counts as
 * absent. Its relation to the environment outlives it for some seconds.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobQueueDetail.html
 */
import {
  type BatchClient,
  type ComputeEnvironmentOrder,
  CreateJobQueueCommand,
  DeleteJobQueueCommand,
  DescribeJobQueuesCommand,
  type JobQueueDetail,
  type JobStateTimeLimitAction,
  TagResourceCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { fail } from '#domain/core/failures.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal } from '#domain/core/ownership.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent, lookAgain, waitedMs } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { isBusy } from './compute-environment-find.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const madeOf = (spec: JobQueueSpec, origin: Made['origin']): Made => ({
  type: 'AWS::Batch::JobQueue',
  id: spec.name,
  name: spec.name,
  origin,
});

/** Undefined also for one that is DELETED. */
export const findJobQueue = async (
  batch: AwsClient<BatchClient>,
  name: string,
): Promise<JobQueueDetail | undefined> => {
  const { jobQueues = [] } = await batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }));
  return jobQueues.find(({ status }) => status !== 'DELETED');
};

/** What a queue has besides its spec. */
interface Behind {
  /** In order: the first one takes jobs as long as it has room. */
  readonly environmentArns: readonly string[];
  readonly schedulingPolicyArn: string | null;
}

const orderOf = (environmentArns: readonly string[]): ComputeEnvironmentOrder[] =>
  environmentArns.map((computeEnvironment, order) => ({ order, computeEnvironment }));

const byOrder = (one: ComputeEnvironmentOrder, other: ComputeEnvironmentOrder): number =>
  (one.order ?? 0) - (other.order ?? 0);

/** Undefined: nothing is asked of what may have been somebody else's, and what that has stays. */
const limitsOf = ({ jobStateTimeLimits, adoptable }: JobQueueSpec): JobStateTimeLimitAction[] | undefined => {
  const limits = jobStateTimeLimits ?? (adoptable === 'never' ? [] : undefined);
  return limits?.map(({ reason, maxTimeSeconds }) => ({
    reason,
    maxTimeSeconds,
    state: 'RUNNABLE',
    action: 'CANCEL',
  }));
};

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  canonicalJson(one) === canonicalJson(other);

/** A policy may be exchanged for another one, but a queue keeps sharing fairly, or first in, first out. */
const assertSamePolicy = (
  { schedulingPolicyArn }: JobQueueDetail,
  { name, adoptable }: JobQueueSpec,
  wanted: string | null,
): void => {
  if (adoptable !== 'never' || (schedulingPolicyArn === undefined) === (wanted === null)) return;
  const has =
    schedulingPolicyArn === undefined ? 'first in, first out' : `the scheduling policy ${schedulingPolicyArn}`;
  throw fail('DisposeFirst', `job queue ${name} works by ${has}, and Batch changes that of no queue`);
};

export const jobQueueActivities = (deps: Deps) => {
  const batch = ({ account }: JobQueueSpec) => deps.aws.batch(account);
  const find = (spec: JobQueueSpec) => findJobQueue(batch(spec), spec.name);

  const converge = async (found: JobQueueDetail, spec: JobQueueSpec, behind: Behind): Promise<void> => {
    const lacking = adopt({ what: `job queue ${spec.name}`, tags: found.tags ?? {} }, spec);
    if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
    if (Object.keys(lacking).length > 0) {
      await batch(spec).send(new TagResourceCommand({ resourceArn: found.jobQueueArn, tags: lacking }));
    }
    assertSamePolicy(found, spec, behind.schedulingPolicyArn);
    const order = found.computeEnvironmentOrder?.toSorted(byOrder).map((one) => one.computeEnvironment) ?? [];
    const limits = limitsOf(spec);
    const update = {
      ...(found.state !== 'ENABLED' && { state: 'ENABLED' as const }),
      ...(found.priority !== spec.priority && { priority: spec.priority }),
      ...(!isSame(order, behind.environmentArns) && { computeEnvironmentOrder: orderOf(behind.environmentArns) }),
      ...(limits && !isSame(found.jobStateTimeLimitActions ?? [], limits) && { jobStateTimeLimitActions: limits }),
      ...(behind.schedulingPolicyArn !== null &&
        found.schedulingPolicyArn !== behind.schedulingPolicyArn && {
          schedulingPolicyArn: behind.schedulingPolicyArn,
        }),
    };
    if (Object.keys(update).length === 0) return;
    await batch(spec).send(new UpdateJobQueueCommand({ jobQueue: spec.name, ...update }));
  };

  const findRemovable = async (spec: JobQueueSpec, removal: Removal): Promise<JobQueueDetail | undefined> => {
    const found = await find(spec);
    if (!found) believeAbsent(`job queue ${spec.name}`, removal, deps);
    return found && mayRemove(found.tags ?? {}, spec.owner, removal) ? found : undefined;
  };

  return {
    /**
     * The environments, one or up to three in order, must be VALID. @throws Conflict where a queue of the name is foreign;
     * NotYet while it changes; DisposeFirst where it would have to begin or end to share fairly.
     */
    async ensureJobQueue(
      spec: JobQueueSpec,
      environmentArns: string | readonly string[],
      schedulingPolicyArn: string | null = null,
    ): Promise<{ made: Made; arn: string }> {
      const behind: Behind = { environmentArns: [environmentArns].flat(), schedulingPolicyArn };
      const found = await find(spec);
      if (found) {
        await converge(found, spec, behind);
        return { made: madeOf(spec, originOf(found.tags ?? {}, spec.owner)), arn: found.jobQueueArn ?? '' };
      }
      const jobStateTimeLimitActions = limitsOf(spec);
      const { jobQueueArn = '' } = await batch(spec).send(
        new CreateJobQueueCommand({
          jobQueueName: spec.name,
          state: 'ENABLED',
          priority: spec.priority,
          computeEnvironmentOrder: orderOf(behind.environmentArns),
          ...(jobStateTimeLimitActions && { jobStateTimeLimitActions }),
          ...(schedulingPolicyArn !== null && { schedulingPolicyArn }),
          tags: { ...spec.tags, ...createdTags(spec.owner) },
        }),
      );
      return { made: madeOf(spec, 'created'), arn: jobQueueArn };
    },

    /** One look. @throws NotYet until VALID and ENABLED; Invalid with the service's reason. */
    async awaitJobQueueValid(spec: JobQueueSpec): Promise<void> {
      const found = await find(spec);
      if (found?.status === 'VALID' && found.state === 'ENABLED') return;
      const reason = found?.statusReason ? `: ${found.statusReason}` : '';
      // The very first look may show what was so before the update that precedes it.
      if (found?.status === 'INVALID' && waitedMs() >= deps.timing.lookEveryMs) {
        throw fail('Invalid', `job queue ${spec.name} is INVALID${reason}`, { awsCode: 'INVALID' });
      }
      throw lookAgain(`${spec.name} is ${found ? `${found.status}, ${found.state}` : 'not visible'}${reason}`, deps);
    },

    async disableJobQueue(spec: JobQueueSpec, removal: Removal): Promise<void> {
      const found = await findRemovable(spec, removal);
      if (!found || found.status === 'DELETING' || found.state === 'DISABLED') return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      await batch(spec).send(new UpdateJobQueueCommand({ jobQueue: spec.name, state: 'DISABLED' }));
    },

    async deleteJobQueue(spec: JobQueueSpec, removal: Removal): Promise<void> {
      const found = await findRemovable(spec, removal);
      if (!found || found.status === 'DELETING') return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      await batch(spec)
        .send(new DeleteJobQueueCommand({ jobQueue: spec.name }))
        .catch(ignoreNotFound);
    },

    /** One look. @throws NotYet until it is gone. */
    async awaitJobQueueGone(spec: JobQueueSpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found || !mayRemove(found.tags ?? {}, spec.owner, removal)) return;
      throw lookAgain(`${spec.name} is ${found.status}${found.statusReason ? `: ${found.statusReason}` : ''}`, deps);
    },

    async findRemainingJobQueue(spec: JobQueueSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await find(spec);
      const { name, owner } = spec;
      return found ? remainingOf([{ id: found.jobQueueArn, name, tags: found.tags ?? {} }], owner, by) : [];
    },
  };
};

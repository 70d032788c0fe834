/**
 * A scheduling policy: how the queues that name it share what they have. Its ARN follows from its name. It can't be deleted
 * while a queue names it, and a queue that names one always does.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/fair-share-scheduling.html
 */
import {
  CreateSchedulingPolicyCommand,
  DeleteSchedulingPolicyCommand,
  DescribeJobQueuesCommand,
  DescribeSchedulingPoliciesCommand,
  type FairsharePolicy,
  type SchedulingPolicyDetail,
  TagResourceCommand,
  UpdateSchedulingPolicyCommand,
} from '@aws-sdk/client-batch';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { partitionOf } from '#domain/core/account.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal } from '#domain/core/ownership.ts';
import type { SchedulingPolicySpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';

const arnOf = ({ account: { accountId, region }, name }: SchedulingPolicySpec): string =>
  `arn:${partitionOf(region)}:batch:${region}:${accountId}:scheduling-policy/${name}`;

const madeOf = (spec: SchedulingPolicySpec, origin: Made['origin']): Made => ({
  type: 'AWS::Batch::SchedulingPolicy',
  id: arnOf(spec),
  name: spec.name,
  origin,
});

const wantedShares = (spec: SchedulingPolicySpec): FairsharePolicy => ({
  shareDecaySeconds: spec.shareDecaySeconds,
  computeReservation: spec.computeReservation,
  shareDistribution: spec.shares.map(({ identifier, weight }) => ({
    shareIdentifier: identifier,
    weightFactor: weight,
  })),
});

export const schedulingPolicyActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const batch = ({ account }: SchedulingPolicySpec) => deps.aws.batch(account);

  const find = async (spec: SchedulingPolicySpec): Promise<SchedulingPolicyDetail | undefined> => {
    const query = new DescribeSchedulingPoliciesCommand({ arns: [arnOf(spec)] });
    return (await batch(spec).send(query).catch(ignoreNotFound))?.schedulingPolicies?.[0];
  };

  const converge = async (spec: SchedulingPolicySpec, found: SchedulingPolicyDetail): Promise<void> => {
    const lacking = adopt({ what: `scheduling policy ${spec.name}`, tags: found.tags ?? {} }, spec);
    if (Object.keys(lacking).length > 0) {
      await batch(spec).send(new TagResourceCommand({ resourceArn: found.arn, tags: lacking }));
    }
    const fairsharePolicy = wantedShares(spec);
    if (holdsWhatWasSent(fairsharePolicy, found.fairsharePolicy)) return;
    await batch(spec).send(new UpdateSchedulingPolicyCommand({ arn: found.arn, fairsharePolicy }));
  };

  /** Names of the queues that share by it, also of those that are on their way out. */
  const users = async (spec: SchedulingPolicySpec): Promise<string[]> => {
    const queues = await collect(async (nextToken) => {
      const page = await batch(spec).send(new DescribeJobQueuesCommand({ nextToken }));
      return { items: page.jobQueues, next: page.nextToken };
    });
    return queues
      .filter(({ schedulingPolicyArn, status }) => schedulingPolicyArn === arnOf(spec) && status !== 'DELETED')
      .map(({ jobQueueName = '' }) => jobQueueName);
  };

  return {
    /** @throws Conflict where a policy of the name is foreign. */
    async ensureSchedulingPolicy(spec: SchedulingPolicySpec): Promise<{ made: Made; arn: string }> {
      const found = await find(spec);
      if (found) {
        await converge(spec, found);
        return { made: madeOf(spec, originOf(found.tags ?? {}, spec.owner)), arn: arnOf(spec) };
      }
      await batch(spec).send(
        new CreateSchedulingPolicyCommand({
          name: spec.name,
          fairsharePolicy: wantedShares(spec),
          tags: { ...spec.tags, ...createdTags(spec.owner) },
        }),
      );
      return { made: madeOf(spec, 'created'), arn: arnOf(spec) };
    },

    /** @throws NotYet while a queue names it, or where a create may not be visible yet. */
    async deleteSchedulingPolicy(spec: SchedulingPolicySpec, removal: Removal): Promise<void> {
      const found = await find(spec);
      if (!found) return believeAbsent(`scheduling policy ${spec.name}`, removal, deps);
      if (!mayRemove(found.tags ?? {}, spec.owner, removal)) return;
      const queues = await users(spec);
      if (queues.length > 0) throw lookAgain(`queues still share by ${spec.name}: ${queues.join(', ')}`, deps);
      await batch(spec)
        .send(new DeleteSchedulingPolicyCommand({ arn: found.arn }))
        .catch(ignoreNotFound);
    },

    async findRemainingSchedulingPolicy(spec: SchedulingPolicySpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: found.arn, name, tags: found.tags ?? {} }], owner, by) : [];
    },
  };
};

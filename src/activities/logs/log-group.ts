/**
 * A log group. Its name is its own in account and region; it is there as soon as it was made, and gone as soon as it was
 * deleted, with all that was written into it.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
 */
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutRetentionPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { createdTags, type Made, mayRemove, originOf, type Removal, type Tags } from '#domain/core/ownership.ts';
import type { LogGroupSpec } from '#domain/resources/logs.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';

const TYPE = 'AWS::Logs::LogGroup';

type Logs = AwsClient<CloudWatchLogsClient>;

/** One that exists, with the ARN by which it is tagged. */
export interface TaggedLogGroup {
  readonly name: string;
  readonly arn: string;
  /** Null: for ever. */
  readonly retentionDays: number | null;
  readonly tags: Tags;
}

export const logGroupActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const ensure = async (spec: LogGroupSpec): Promise<{ made: Made }> => {
    const { name, owner, tags, retentionDays } = spec;
    const logs = deps.aws.logs(spec.account);
    const found = await findLogGroup(logs, name);
    if (!found) {
      await logs.send(new CreateLogGroupCommand({ logGroupName: name, tags: { ...tags, ...createdTags(owner) } }));
      if (retentionDays !== null) await putRetention(logs, spec);
      return { made: { type: TYPE, id: name, name, origin: 'created' } };
    }
    const lacking = adopt({ what: `log group ${name}`, tags: found.tags }, spec);
    if (Object.keys(lacking).length > 0)
      await logs.send(new TagResourceCommand({ resourceArn: found.arn, tags: { ...lacking } }));
    if (found.retentionDays !== retentionDays) await putRetention(logs, spec);
    return { made: { type: TYPE, id: name, name, origin: originOf(found.tags, owner) } };
  };

  return {
    /** With its retention. @throws Conflict where it is not ours; AlreadyExists while it is not listed yet. */
    ensureLogGroup: (spec: LogGroupSpec) => whenVisible(`log group ${spec.name}`, deps, () => ensure(spec)),

    /** With all its streams. @throws NotYet where a create may not be visible yet. */
    async deleteLogGroup({ account, owner, name }: LogGroupSpec, removal: Removal): Promise<void> {
      const logs = deps.aws.logs(account);
      const found = await findLogGroup(logs, name);
      if (!found) return believeAbsent(`log group ${name}`, removal, deps);
      if (!mayRemove(found.tags, owner, removal)) return;
      await logs.send(new DeleteLogGroupCommand({ logGroupName: name })).catch(ignoreNotFound);
    },

    async findRemainingLogGroup({ account, owner, name }: LogGroupSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await findLogGroup(deps.aws.logs(account), name);
      return remainingOf(found ? [{ ...found, id: name }] : [], owner, by);
    },
  };
};

/** Those whose names begin with it, over all pages. */
export const describeLogGroups = (logs: Logs, logGroupNamePrefix: string): Promise<LogGroup[]> =>
  collect(async (nextToken) => {
    const answer = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix, nextToken }));
    return { items: answer.logGroups, next: answer.nextToken };
  });

/** The same with their tags. CloudWatch Logs finds none by tags: they are asked for one by one. */
export const listLogGroups = async (logs: Logs, prefix: string): Promise<TaggedLogGroup[]> => {
  const found: TaggedLogGroup[] = [];
  for (const group of await describeLogGroups(logs, prefix)) {
    const tagged = await withTags(logs, group);
    if (tagged) found.push(tagged);
  }
  return found;
};

const findLogGroup = async (logs: Logs, name: string): Promise<TaggedLogGroup | undefined> => {
  const group = (await describeLogGroups(logs, name)).find(({ logGroupName }) => logGroupName === name);
  return group && (await withTags(logs, group));
};

/** Undefined where it has gone meanwhile. */
const withTags = async (logs: Logs, group: LogGroup): Promise<TaggedLogGroup | undefined> => {
  // The member `arn` ends with `:*`, which stands for the streams; tags are the group's.
  const arn = group.logGroupArn ?? (group.arn ?? '').replace(/:\*$/, '');
  const answer = await logs.send(new ListTagsForResourceCommand({ resourceArn: arn })).catch(ignoreNotFound);
  return (
    answer && {
      name: group.logGroupName ?? '',
      arn,
      retentionDays: group.retentionInDays ?? null,
      tags: answer.tags ?? {},
    }
  );
};

const putRetention = async (logs: Logs, { name: logGroupName, retentionDays }: LogGroupSpec): Promise<void> => {
  if (retentionDays === null) await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }));
  else await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: retentionDays }));
};

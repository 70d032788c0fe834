/**
 * A group's ARN in a policy ends in `:*`, but for the operations on tags: the others are weighed on the group's streams.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
import type { Check } from '../../core/check.ts';
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import type { ActionsOf } from '../../core/service.ts';
import { groupArn, groupName } from './state.ts';

/** Weighed on `*`. */
const WITHOUT_GROUP: ReadonlySet<string> = new Set(['DescribeLogGroups']);
/** Weighed on a stream. */
const ON_STREAM: ReadonlySet<string> = new Set(['CreateLogStream', 'DeleteLogStream', 'PutLogEvents', 'GetLogEvents']);

export const logsActions: ActionsOf = (call) => {
  const { params, operation } = call;
  const action = `logs:${operation}`;
  if (WITHOUT_GROUP.has(operation)) return [{ action, resource: '*' }];
  const context = { ...tagContext(params.tags), ...tagKeysContext(listOf(params, 'tagKeys')) };
  const arn = textOf(params, 'resourceArn');
  if (arn) return [{ action, resource: arn.replace(/:\*$/, ''), context }];
  const name = groupName(textOf(params, 'logGroupName') || textOf(params, 'logGroupIdentifier'));
  if (!name) return undefined;
  const stream = ON_STREAM.has(operation) ? textOf(params, 'logStreamName') : '';
  const checks: Check[] = [{ action, resource: `${groupArn(call, name)}:log-stream:${stream}`, context }];
  if (operation === 'CreateLogGroup' && Object.keys(context).length > 0) {
    checks.push({ action: 'logs:TagResource', resource: groupArn(call, name), context });
  }
  return checks;
};

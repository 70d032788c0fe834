/**
 * Tags of log groups: in the newer operations by the ARN without `:*`, in the older ones by name.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { listOf, readTags, textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { groupArn, invalidParameter, type LogGroup, mustFindGroup, type Store } from './state.ts';

const PER_RESOURCE_MAX = 50;
const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** @throws AwsError InvalidParameterException, TooManyTagsException */
export const checkTags = (given: unknown): Record<string, string> => {
  const tags = readTags(given);
  for (const [key, value] of Object.entries(tags)) {
    if (!KEY.test(key) || !VALUE.test(value)) throw invalidParameter(`The tag '${key}' is not valid.`);
  }
  if (Object.keys(tags).length > PER_RESOURCE_MAX) {
    throw new AwsError('TooManyTagsException', `A resource can have at most ${PER_RESOURCE_MAX} tags.`);
  }
  return tags;
};

export const tagRules = (world: World, store: Store): Record<string, Rule> => {
  const byArn = (call: Call): LogGroup => {
    const arn = textOf(call.params, 'resourceArn');
    const found = [...store.of(call).groups.values()].find(({ name }) => groupArn(call, name) === arn);
    if (found) return found;
    if (arn.endsWith(':*') || !arn.startsWith('arn:')) throw invalidParameter(`Invalid resourceArn: ${arn}`);
    throw new AwsError('ResourceNotFoundException', 'The specified resource does not exist.');
  };
  const byName = (call: Call): LogGroup => mustFindGroup(store.of(call), textOf(call.params, 'logGroupName'));
  const tag =
    (find: (call: Call) => LogGroup): Rule =>
    async (call) => {
      const found = find(call);
      found.tags = checkTags({ ...found.tags, ...readTags(call.params.tags) });
      return world.answer(call, {});
    };
  const untag =
    (find: (call: Call) => LogGroup, member: string): Rule =>
    async (call) => {
      const found = find(call);
      const keys = listOf(call.params, member).map(String);
      found.tags = Object.fromEntries(Object.entries(found.tags).filter(([key]) => !keys.includes(key)));
      return world.answer(call, {});
    };
  const list =
    (find: (call: Call) => LogGroup): Rule =>
    async (call) =>
      world.answer(call, { tags: find(call).tags });
  return {
    TagResource: tag(byArn),
    UntagResource: untag(byArn, 'tagKeys'),
    ListTagsForResource: list(byArn),
    TagLogGroup: tag(byName),
    UntagLogGroup: untag(byName, 'tags'),
    ListTagsLogGroup: list(byName),
  };
};

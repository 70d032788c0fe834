/**
 * Tags of file systems and backups.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_TagResource.html
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_Tag.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { listOf, readTags, textOf } from '../../core/params.ts';
import type { FsxDeps } from './context.ts';
import { badRequest, fsxArn, fsxError, type Regional } from './state.ts';

const PER_RESOURCE_MAX = 50;
const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** @throws AwsError BadRequest */
export const checkTags = (given: unknown): Record<string, string> => {
  const tags = readTags(given);
  for (const [key, value] of Object.entries(tags)) {
    if (!KEY.test(key) || !VALUE.test(value)) throw badRequest(`The tag '${key}' is not valid.`);
  }
  if (Object.keys(tags).length > PER_RESOURCE_MAX) {
    throw badRequest(`A resource can have at most ${PER_RESOURCE_MAX} tags.`);
  }
  return tags;
};

export const tagList = (tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const findTagged = (at: Regional, arn: string): { tags: Record<string, string> } | undefined =>
  [...at.fileSystems.values()].find(({ id }) => fsxArn(at, 'file-system', id) === arn) ??
  [...at.backups.values()].find(({ id }) => fsxArn(at, 'backup', id) === arn);

export const tagRules = ({ world, store }: FsxDeps): Record<string, Rule> => {
  const find = (call: Call): { tags: Record<string, string> } => {
    const arn = textOf(call.params, 'ResourceARN');
    const found = findTagged(store.of(call), arn);
    if (!found) throw fsxError('ResourceNotFound', `The resource ${arn} does not exist.`, { ResourceARN: arn });
    return found;
  };
  return {
    TagResource: async (call) => {
      const found = find(call);
      found.tags = checkTags({ ...found.tags, ...readTags(call.params.Tags) });
      return world.answer(call, {});
    },
    UntagResource: async (call) => {
      const found = find(call);
      const keys = listOf(call.params, 'TagKeys').map(String);
      found.tags = Object.fromEntries(Object.entries(found.tags).filter(([key]) => !keys.includes(key)));
      return world.answer(call, {});
    },
    ListTagsForResource: async (call) => world.answer(call, { Tags: tagList(find(call).tags) }),
  };
};

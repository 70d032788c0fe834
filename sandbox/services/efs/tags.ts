/**
 * Tags of file systems.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_TagResource.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_Tag.html
 */
import type { Rule } from '../../core/call.ts';
import { listOf, readTags, textOf } from '../../core/params.ts';
import type { EfsDeps } from './context.ts';
import { badRequest, mustFindFileSystem } from './state.ts';

const PER_RESOURCE_MAX = 50;
const KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** @throws AwsError BadRequest */
export const checkTags = (given: unknown): Record<string, string> => {
  const tags = readTags(given);
  for (const [key, value] of Object.entries(tags)) {
    if (!KEY.test(key)) throw badRequest(`The tag key '${key}' is not valid.`);
    if (!VALUE.test(value)) throw badRequest(`The value of the tag '${key}' is not valid.`);
  }
  if (Object.keys(tags).length > PER_RESOURCE_MAX) {
    throw badRequest(`A resource can have at most ${PER_RESOURCE_MAX} tags.`);
  }
  return tags;
};

export const tagList = (tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const tagRules = ({ world, store }: EfsDeps): Record<string, Rule> => ({
  TagResource: async (call) => {
    const found = mustFindFileSystem(store.of(call), textOf(call.params, 'ResourceId'));
    found.tags = checkTags({ ...found.tags, ...readTags(call.params.Tags) });
    return world.answer(call, {});
  },
  UntagResource: async (call) => {
    const found = mustFindFileSystem(store.of(call), textOf(call.params, 'ResourceId'));
    const keys = listOf(call.params, 'TagKeys').map(String);
    found.tags = Object.fromEntries(Object.entries(found.tags).filter(([key]) => !keys.includes(key)));
    return world.answer(call, {});
  },
  ListTagsForResource: async (call) => {
    const { tags } = mustFindFileSystem(store.of(call), textOf(call.params, 'ResourceId'));
    return world.answer(call, { Tags: tagList(tags) });
  },
});

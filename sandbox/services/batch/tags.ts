/** Tags of every Batch resource, by its ARN. */

import { AwsError, type Rule } from '../../core/rule.ts';
import type { BatchDeps } from './compute-environment.ts';
import { checkTags, invalidParameter, type Regional } from './state.ts';

interface Tagged {
  tags?: Record<string, string> | undefined;
}

export const tagRules = ({ world, store, settle }: BatchDeps): Record<string, Rule> => {
  const find = async (at: Regional, params: Record<string, unknown>): Promise<Tagged> => {
    await settle(at);
    const arn = String(params.resourceArn ?? '');
    if (!/^arn:[^:]+:batch:/.test(arn)) throw invalidParameter(`Invalid ARN ${arn}`);
    const all: readonly (Tagged & Record<string, unknown>)[] = [
      ...[...at.environments.values()].map(({ detail }) => ({ arn: detail.computeEnvironmentArn, detail })),
      ...[...at.queues.values()].map(({ detail }) => ({ arn: detail.jobQueueArn, detail })),
      ...[...at.jobs.values()].map(({ detail }) => ({ arn: detail.jobArn, detail })),
      ...at.definitions.map((detail) => ({ arn: detail.jobDefinitionArn, detail })),
    ];
    const found = all.find((each) => each.arn === arn)?.detail as Tagged | undefined;
    if (!found) throw new AwsError('ClientException', `Resource ${arn} does not exist`, 404);
    return found;
  };
  return {
    TagResource: async (call) => {
      const found = await find(store.of(call.account, call.region), call.params);
      found.tags = checkTags({ ...found.tags, ...(call.params.tags as Record<string, string>) });
      return world.answer(call, {});
    },
    UntagResource: async (call) => {
      const found = await find(store.of(call.account, call.region), call.params);
      const keys = [call.params.tagKeys ?? []].flat().map(String);
      found.tags = Object.fromEntries(Object.entries(found.tags ?? {}).filter(([key]) => !keys.includes(key)));
      return world.answer(call, {});
    },
    ListTagsForResource: async (call) => {
      const found = await find(store.of(call.account, call.region), call.params);
      return world.answer(call, { tags: found.tags ?? {} });
    },
  };
};

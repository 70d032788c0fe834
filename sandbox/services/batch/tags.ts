/**
 * Tags of every Batch resource, by its ARN.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_TagResource.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { BatchDeps } from './context.ts';
import { checkTags, invalidParameter, type Regional } from './state.ts';

interface Tagged {
  tags?: Record<string, string> | undefined;
}

/** The resource of an ARN, whatever its kind; undefined when there is none. */
export const findTagged = async ({ settle }: BatchDeps, at: Regional, arn: string): Promise<Tagged | undefined> => {
  await settle(at);
  const all: readonly (Tagged & Record<string, unknown>)[] = [
    ...[...at.environments.values()].map(({ detail }) => ({ arn: detail.computeEnvironmentArn, detail })),
    ...[...at.queues.values()].map(({ detail }) => ({ arn: detail.jobQueueArn, detail })),
    ...[...at.jobs.values()].map(({ detail }) => ({ arn: detail.jobArn, detail })),
    ...[...at.policies.values()].map((detail) => ({ arn: detail.arn, detail })),
    ...at.definitions.map((detail) => ({ arn: detail.jobDefinitionArn, detail })),
  ];
  return all.find((each) => each.arn === arn)?.detail as Tagged | undefined;
};

export const tagRules = (deps: BatchDeps): Record<string, Rule> => {
  const { world, store } = deps;
  const find = async ({ account, region, params }: Call): Promise<Tagged> => {
    const arn = String(params.resourceArn ?? '');
    if (!/^arn:[^:]+:batch:/.test(arn)) throw invalidParameter(`Invalid ARN ${arn}`);
    const found = await findTagged(deps, store.of(account, region), arn);
    if (!found) throw new AwsError('ClientException', `Resource ${arn} does not exist`, 404);
    return found;
  };
  return {
    TagResource: async (call) => {
      const found = await find(call);
      found.tags = checkTags({ ...found.tags, ...(call.params.tags as Record<string, string>) });
      return world.answer(call, {});
    },
    UntagResource: async (call) => {
      const found = await find(call);
      const keys = [call.params.tagKeys ?? []].flat().map(String);
      found.tags = Object.fromEntries(Object.entries(found.tags ?? {}).filter(([key]) => !keys.includes(key)));
      return world.answer(call, {});
    },
    ListTagsForResource: async (call) => world.answer(call, { tags: (await find(call)).tags ?? {} }),
  };
};

/** The tags a resource has now, as condition keys. Looked up only when a policy of the caller asks for them. */
import type { Call } from '../core/call.ts';
import { readTags } from '../core/params.ts';
import type { ServiceModule } from '../core/service.ts';
import type { World } from '../core/world.ts';
import { TAGS_AFTER_MS } from './questions.ts';

/**
 * Authorisation by tags lags behind: what was tagged a moment ago may be refused to a policy that asks for the tag.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
const metAt = new WeakMap<World, Map<string, number>>();

const isVisible = (world: World, account: string, tag: string): boolean => {
  const lagMs = world.assumed(account, TAGS_AFTER_MS);
  if (lagMs === 0) return true;
  const met = metAt.get(world) ?? new Map<string, number>();
  metAt.set(world, met);
  const first = met.get(tag) ?? world.now();
  met.set(tag, first);
  return world.now() >= first + lagMs;
};

/** @param module the one of the resource's service, if it has rules */
export const resourceTagsOf = async (
  world: World,
  call: Call,
  { arn, module }: { arn: string; module: ServiceModule | undefined },
): Promise<Record<string, string>> => {
  if (!module?.tagsOf || arn === '*' || arn.split(':')[5]?.includes('*')) return {};
  let tags: unknown;
  try {
    tags = await module.tagsOf(call, arn);
  } catch {
    return {}; // No such resource: no tags, and the service itself will say so.
  }
  const keys = ['aws:ResourceTag', ...(module.tagCondition ? [module.tagCondition] : [])];
  return Object.fromEntries(
    Object.entries(readTags(tags))
      .filter(([key, value]) => isVisible(world, call.account, `${arn} ${key}=${value}`))
      .flatMap(([key, value]) => keys.map((condition) => [`${condition}/${key}`, value])),
  );
};

/** Instance types by pattern (`m5.*`): moto takes a filter's value as it stands. */
import { matchesPattern } from './ec2-images.ts';
import { type Ec2Deps, objectsOf, type Params, succeeded, textsOf } from './ec2-state.ts';
import type { Rule } from './rule.ts';

const hasPattern = (filter: Params): boolean =>
  filter.Name === 'instance-type' && textsOf(filter, 'Values').some((value) => /[*?]/.test(value));

const byPattern =
  ({ world }: Ec2Deps, list: string): Rule =>
  async (call, forward) => {
    const filters = objectsOf(call.params, 'Filters');
    const patterns = filters.filter(hasPattern);
    if (patterns.length === 0) return forward();
    const answer = await forward({
      params: { ...call.params, Filters: filters.filter((each) => !patterns.includes(each)) },
    });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const items = objectsOf(result, list).filter(({ InstanceType }) =>
      patterns.every((filter) => textsOf(filter, 'Values').some((each) => matchesPattern(each, String(InstanceType)))),
    );
    return world.answer(call, { ...result, [list]: items });
  };

export const instanceTypeRules = (deps: Ec2Deps): Record<string, Rule> => ({
  DescribeInstanceTypeOfferings: byPattern(deps, 'InstanceTypeOfferings'),
  DescribeInstanceTypes: byPattern(deps, 'InstanceTypes'),
});

/**
 * Instance types by pattern (`m5.*`): moto takes a filter's value as it stands, so it is told the names that fit.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
 */
import { DescribeInstanceTypeOfferingsCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { matchesPattern } from './images.ts';
import { done, type Ec2Deps, objectsOf, type Params, textsOf } from './state.ts';

const hasPattern = (filter: Params): boolean =>
  filter.Name === 'instance-type' && textsOf(filter, 'Values').some((value) => /[*?]/.test(value));

/** By region: moto's list never changes, and is long. */
const known = new Map<string, Promise<readonly string[]>>();

const namesIn = ({ world }: Ec2Deps, { account, region }: Call): Promise<readonly string[]> => {
  const names =
    known.get(region) ??
    world
      .moto(EC2Client, account, region)
      .send(new DescribeInstanceTypeOfferingsCommand({}))
      .then(({ InstanceTypeOfferings = [] }) => InstanceTypeOfferings.map((each) => String(each.InstanceType)));
  known.set(region, names);
  names.catch(() => known.delete(region));
  return names;
};

const byPattern =
  (deps: Ec2Deps, list: string): Rule =>
  async (call, forward) => {
    const filters = objectsOf(call.params, 'Filters');
    if (!filters.some(hasPattern)) return forward();
    const names = await namesIn(deps, call);
    const spelled = filters.map((filter) =>
      hasPattern(filter)
        ? {
            ...filter,
            Values: names.filter((name) => textsOf(filter, 'Values').some((each) => matchesPattern(each, name))),
          }
        : filter,
    );
    if (spelled.some(({ Values }) => Array.isArray(Values) && Values.length === 0)) {
      return done(deps.world, call, { [list]: [] });
    }
    return forward({ params: { ...call.params, Filters: spelled } });
  };

export const instanceTypeRules = (deps: Ec2Deps): Record<string, Rule> => ({
  DescribeInstanceTypeOfferings: byPattern(deps, 'InstanceTypeOfferings'),
  DescribeInstanceTypes: byPattern(deps, 'InstanceTypes'),
});

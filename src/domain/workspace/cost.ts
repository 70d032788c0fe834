/**
 * What a workspace costs while nothing runs in it, about: list prices of us-east-1 without taxes and traffic. It is for
 * choosing a way out, not for a bill.
 * @see https://aws.amazon.com/ec2/pricing/on-demand/
 * @see https://aws.amazon.com/vpc/pricing/
 * @see https://aws.amazon.com/privatelink/pricing/
 */
import type { StandingCost } from '../core/plan-view.ts';
import type { WorkspacePlan } from './specs.ts';

const HOURS = 730;
const PRICES = 'list prices of us-east-1, November 2026, without taxes and traffic';

/** USD an hour, Linux on demand: what a proxy is likely to run on. */
const INSTANCES: Readonly<Record<string, number>> = {
  't2.micro': 0.0116,
  't3.micro': 0.0104,
  't3.small': 0.0208,
  't3.medium': 0.0416,
  't3.large': 0.0832,
  't3a.micro': 0.0094,
  't4g.micro': 0.0084,
  'm5.large': 0.096,
  'c5.large': 0.085,
};
const PUBLIC_IPV4 = 0.005;
const NAT_GATEWAY = 0.045;
/** In one zone. */
const INTERFACE_ENDPOINT = 0.01;

const perMonth = (hourly: number | undefined): number | null =>
  hourly === undefined ? null : Math.round(hourly * HOURS * 100) / 100;

type Item = StandingCost['items'][number];

const itemsOf = (plan: WorkspacePlan): Item[] => {
  switch (plan.network.egress) {
    case 'proxy': {
      const { instanceType } = plan.squid.instance;
      const price = INSTANCES[instanceType];
      return [
        { what: `proxy ${instanceType} with a public address`, perMonth: perMonth(price && price + PUBLIC_IPV4) },
      ];
    }
    case 'nat':
      return [{ what: 'NAT gateway with a public address', perMonth: perMonth(NAT_GATEWAY + PUBLIC_IPV4) }];
    case 'none': {
      const { length } = plan['service-endpoints'].endpoints;
      return [{ what: `${length} interface endpoints in one zone`, perMonth: perMonth(length * INTERFACE_ENDPOINT) }];
    }
  }
};

/** The KMS key and the bucket are shared by all workspaces of the account, and not counted. */
export const standingCost = (plan: WorkspacePlan): StandingCost => {
  const { minvCpus } = plan['compute-environment'];
  const warm: Item[] = minvCpus > 0 ? [{ what: `${minvCpus} vCPUs that are always on`, perMonth: null }] : [];
  const items = [...itemsOf(plan), ...warm];
  const known = items.every((item) => item.perMonth !== null);
  const sum = items.reduce((total, item) => total + (item.perMonth ?? 0), 0);
  return { currency: 'USD', perMonth: known ? Math.round(sum * 100) / 100 : null, items, prices: PRICES };
};

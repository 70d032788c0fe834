/** Zones for the subnets: those that offer the instance types, spread. */
import { DescribeAvailabilityZonesCommand, DescribeInstanceTypeOfferingsCommand } from '@aws-sdk/client-ec2';
import { collect } from '#aws/pages.ts';
import type { Problem } from '#domain/core/failures.ts';
import { isChosenByBatch, matchesType } from '#domain/resources/instance-types.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';
import { type Ec2, filters } from '../ec2/client.ts';

interface Zones {
  readonly jobZones: readonly string[];
  readonly squidZone: string;
  readonly problems: readonly Problem[];
}

export const findZones = async (ec2: Ec2, spec: PreflightSpec): Promise<Zones> => {
  const [available, offered] = await Promise.all([findAvailable(ec2), findOfferings(ec2, spec)]);
  /** Batch chooses the types of `optimal` itself: any zone will do. */
  const zonesOf = (wanted: string): string[] =>
    isChosenByBatch(wanted)
      ? available
      : available.filter((zone) =>
          offered.some(({ type, location }) => location === zone && matchesType(wanted, type)),
        );

  const perType = spec.instanceTypes.map((type) => ({ type, zones: zonesOf(type) }));
  const { squidInstanceType } = spec;
  const squidZones = squidInstanceType === null ? available : zonesOf(squidInstanceType);
  const problems: Problem[] = perType
    .filter(({ zones }) => zones.length === 0)
    .map(({ type }) => notOffered('/nextflow/instance-type', type, spec));
  if (perType.length === 0) problems.push({ pointer: '/nextflow/instance-type', detail: 'no instance type is given' });
  if (squidInstanceType !== null && squidZones.length === 0) {
    problems.push(notOffered('/settings/squid/instanceType', squidInstanceType, spec));
  }

  const suitable = best(available, (zone) => perType.filter(({ zones }) => zones.includes(zone)).length);
  const jobZones = Array.from({ length: spec.subnetCount }, (_, index) => suitable[index % suitable.length] ?? '');
  // Traffic between zones costs money: the proxy or the NAT gateway stands in a zone of the jobs where it can.
  const squidZone = squidZones.find((zone) => jobZones.includes(zone)) ?? squidZones[0] ?? '';
  return { jobZones, squidZone, problems };
};

const notOffered = (pointer: string, type: string, { account }: PreflightSpec): Problem => ({
  pointer,
  detail: `instance type ${type} is not offered in ${account.region}`,
});

/** The zones in which as many of the types as possible are offered, in the order of their names. */
const best = (zones: readonly string[], score: (zone: string) => number): string[] => {
  const highest = Math.max(0, ...zones.map(score));
  return highest === 0 ? [] : zones.filter((zone) => score(zone) === highest);
};

const findAvailable = async (ec2: Ec2): Promise<string[]> => {
  const { AvailabilityZones = [] } = await ec2.send(
    new DescribeAvailabilityZonesCommand({ Filters: filters({ state: 'available' }) }),
  );
  return AvailabilityZones.filter(
    // Local and Wavelength zones offer no Batch.
    ({ State, ZoneType = 'availability-zone' }) => State === 'available' && ZoneType === 'availability-zone',
  )
    .map(({ ZoneName = '' }) => ZoneName)
    .toSorted();
};

interface Offering {
  readonly type: string;
  readonly location: string;
}

/** Types are asked for by name; for a family everything is read, and looked through here. */
const findOfferings = async (ec2: Ec2, spec: PreflightSpec): Promise<Offering[]> => {
  const { instanceTypes, squidInstanceType } = spec;
  const named = squidInstanceType === null ? instanceTypes : [...instanceTypes, squidInstanceType];
  const wanted = named.filter((type) => !isChosenByBatch(type));
  const areTypes = wanted.every((type) => type.includes('.'));
  const offerings = await collect(async (NextToken) => {
    const answer = await ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        ...(areTypes && { Filters: filters({ 'instance-type': wanted }) }),
        NextToken,
      }),
    );
    return { items: answer.InstanceTypeOfferings, next: answer.NextToken };
  });
  return offerings.map(({ InstanceType = '', Location = '' }) => ({ type: InstanceType, location: Location }));
};

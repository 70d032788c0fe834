/**
 * A subnet, known in its VPC by its range. It keeps the zone it has: a zone can't be changed.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
 */
import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  type Filter,
  ModifySubnetAttributeCommand,
  type Subnet,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { type Made, mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { SubnetSpec, VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { metHereFor } from '../shared/window.ts';
import { removeWithBlockers } from './blockers.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';
import { findOwnVpcs } from './vpc.ts';

const TYPE = 'AWS::EC2::Subnet';

export const findSubnets = (ec2: Ec2, Filters: Filter[]): Promise<Subnet[]> =>
  collect(async (NextToken) => {
    const { Subnets, NextToken: next } = await ec2.send(new DescribeSubnetsCommand({ Filters, NextToken }));
    return { items: Subnets, next };
  });

export const subnetActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = async (ec2: Ec2, spec: SubnetSpec, vpcId: string, zone: string): Promise<Subnet> => {
    const command = new CreateSubnetCommand({
      VpcId: vpcId,
      CidrBlock: spec.cidr,
      AvailabilityZone: zone,
      TagSpecifications: tagsAtCreation('subnet', spec),
    });
    try {
      return (await ec2.send(command)).Subnet ?? {};
    } catch (error) {
      // Its own range, made a moment ago, will be visible soon. What is not by then overlaps with another one.
      if (!isAwsCode(error, 'InvalidSubnet.Conflict')) throw error;
      if (metHereFor('InvalidSubnet.Conflict') < deps.timing.propagationMs) throw error;
      throw fail('Conflict', `the range ${spec.cidr} of subnet ${spec.name} overlaps with another subnet of ${vpcId}`);
    }
  };

  const ensure = async (spec: SubnetSpec, vpcId: string, zone: string): Promise<{ made: Made; subnetId: string }> => {
    const { name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const found = findIn(await findSubnets(ec2, filters({ 'vpc-id': vpcId })), spec);
    if (!found) {
      const subnetId = (await create(ec2, spec, vpcId, zone)).SubnetId ?? '';
      return { made: { type: TYPE, id: subnetId, name, origin: 'created' }, subnetId };
    }
    const subnetId = found.SubnetId ?? '';
    const existing = { type: TYPE, id: subnetId, name, tags: found.Tags };
    const made = await adoptTagged(ec2, existing, spec);
    // A job's instance with a public address would go round the proxy.
    if (found.MapPublicIpOnLaunch) {
      await ec2.send(new ModifySubnetAttributeCommand({ SubnetId: subnetId, MapPublicIpOnLaunch: { Value: false } }));
    }
    return { made, subnetId };
  };

  return {
    /** @throws Conflict where the range or the name is somebody else's. */
    ensureSubnet: (spec: SubnetSpec, vpcId: string, zone: string) =>
      whenVisible(`subnet ${spec.name}`, deps, () => ensure(spec, vpcId, zone)),

    /** @throws NotYet while something in it is still there, or a create may not be visible yet. */
    async deleteSubnet(spec: SubnetSpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
      const subnets = vpcIds.length > 0 ? await findSubnets(ec2, filters({ 'vpc-id': vpcIds })) : [];
      const found = subnets.filter(({ CidrBlock }) => CidrBlock === spec.cidr);
      if (found.length === 0) return believeAbsent(`subnet ${spec.name}`, removal, deps);
      for (const { SubnetId, VpcId = '', Tags } of found) {
        if (!mayRemove(tagsOf(Tags), spec.owner, removal)) continue;
        const { owner } = spec;
        const removing = { ec2, deps, owner, removal, what: `subnet ${SubnetId}`, vpcId: VpcId, subnetId: SubnetId };
        await removeWithBlockers(removing, () => ec2.send(new DeleteSubnetCommand({ SubnetId })).catch(ignoreNotFound));
      }
    },

    async findRemainingSubnets(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        { find: (Filters) => findSubnets(ec2, Filters), name: ({ SubnetId: id }) => ({ id }) },
        spec,
        by,
      );
    },
  };
};

/** @throws Conflict where the name stands on another range. */
const findIn = (subnets: readonly Subnet[], { name, cidr }: SubnetSpec): Subnet | undefined => {
  const found = subnets.find(({ CidrBlock }) => CidrBlock === cidr);
  const namesake = subnets.find(({ Tags }) => tagsOf(Tags).Name === name);
  if (!found && namesake) {
    throw fail(
      'Conflict',
      `subnet ${namesake.SubnetId} is called ${name}, but has the range ${namesake.CidrBlock}, not ${cidr}`,
    );
  }
  return found;
};

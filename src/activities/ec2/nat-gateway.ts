/**
 * The NAT gateway of a workspace: pending → available or failed; deleting → deleted, and seen for about an hour more.
 * Only then are its address and its interface free. That it can't work, AWS finds out after the call was answered.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
 */
import {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeNatGatewaysCommand,
  type Filter,
  type NatGateway,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, type Made, mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { NatGatewaySpec, VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';
import { findOwnVpcs } from './vpc.ts';

const TYPE = 'AWS::EC2::NatGateway';

export const natGatewayActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = (ec2: Ec2, spec: NatGatewaySpec, place: Place, failed: readonly string[]): Promise<NatGateway> =>
    createWithToken({
      deps,
      what: `NAT gateway ${spec.name}`,
      // The token of one that failed would give that one again.
      token: [spec.owner, 'nat-gateway', place.subnetId, place.allocationId, ...failed],
      idOf: ({ NatGatewayId }) => NatGatewayId,
      async create(ClientToken) {
        const command = new CreateNatGatewayCommand({
          SubnetId: place.subnetId,
          AllocationId: place.allocationId,
          ClientToken,
          TagSpecifications: tagsAtCreation('natgateway', spec),
        });
        return (await ec2.send(command)).NatGateway ?? {};
      },
      isVisible: async ({ NatGatewayId = '' }) =>
        (await findNatGateways(ec2, filters({ 'nat-gateway-id': NatGatewayId }))).some(isThere),
    });

  const ensure = async (spec: NatGatewaySpec, place: Place): Promise<{ made: Made; natGatewayId: string }> => {
    const { name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const all = ofSpec(await findNatGateways(ec2, filters({ 'vpc-id': place.vpcId })), spec);
    const leaving = all.find(({ State }) => State === 'deleting');
    if (leaving) throw lookAgain(`NAT gateway ${leaving.NatGatewayId} is being deleted; another is made then`, deps);
    const found = usable(all.filter(isThere), spec);
    if (!found) {
      const failed = all.filter(({ State }) => State === 'failed').map(({ NatGatewayId = '' }) => NatGatewayId);
      const natGatewayId = (await create(ec2, spec, place, failed.toSorted())).NatGatewayId ?? '';
      return { made: { type: TYPE, id: natGatewayId, name, origin: 'created' }, natGatewayId };
    }
    const natGatewayId = found.NatGatewayId ?? '';
    const existing = { type: TYPE, id: natGatewayId, name, tags: found.Tags };
    const made = await adoptTagged(ec2, existing, spec);
    return { made, natGatewayId };
  };

  /** Of the spec, in the workspace's VPCs. */
  const findOwn = async (spec: NatGatewaySpec, vpc: VpcSpec) => {
    const ec2 = deps.aws.ec2(spec.account);
    const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
    return vpcIds.length > 0 ? ofSpec(await findNatGateways(ec2, filters({ 'vpc-id': vpcIds })), spec) : [];
  };
  const taken = (found: readonly NatGateway[], { owner }: NatGatewaySpec, removal: Removal) =>
    found.filter(({ Tags, State }) => State !== 'deleted' && mayRemove(tagsOf(Tags), owner, removal));

  return {
    /** In a public subnet, with this address. @throws Conflict; QuotaExceeded; NotYet while an earlier one is going. */
    ensureNatGateway: (spec: NatGatewaySpec, place: Place) =>
      whenVisible(`NAT gateway ${spec.name}`, deps, () => ensure(spec, place)),

    /** One look. @throws NotYet until it is available; Invalid with AWS's reason where it has failed. */
    async awaitNatGatewayAvailable(spec: NatGatewaySpec, natGatewayId: string): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const [found] = await findNatGateways(ec2, filters({ 'nat-gateway-id': natGatewayId }));
      if (found?.State === 'available') return;
      if (found && !isThere(found)) {
        const reason = found.FailureMessage ? `: ${found.FailureMessage} (${found.FailureCode})` : '';
        throw fail('Invalid', `NAT gateway ${natGatewayId} (${spec.name}) is ${found.State}${reason}`);
      }
      throw lookAgain(`NAT gateway ${natGatewayId} is ${found?.State ?? 'not visible yet'}`, deps);
    },

    /** @throws NotYet where a create may not be visible yet. */
    async deleteNatGateway(spec: NatGatewaySpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const found = await findOwn(spec, vpc);
      if (found.every(({ State }) => State === 'deleted')) {
        return believeAbsent(`NAT gateway ${spec.name}`, removal, deps);
      }
      for (const { NatGatewayId, State } of taken(found, spec, removal)) {
        if (State === 'deleting') continue;
        await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId })).catch(ignoreNotFound);
      }
    },

    /** One look. @throws NotYet while one is left that the removal takes: it holds its address. */
    async awaitNatGatewayGone(spec: NatGatewaySpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const [left] = taken(await findOwn(spec, vpc), spec, removal);
      if (left) throw lookAgain(`NAT gateway ${left.NatGatewayId} is ${left.State}`, deps);
    },

    /** One that was deleted stays to be seen for an hour. */
    findRemainingNatGateways: (spec: Spec, by: Removal['by']): Promise<Remaining[]> =>
      remainingByTag(
        {
          find: async (wanted) =>
            (await findNatGateways(deps.aws.ec2(spec.account), wanted)).filter(({ State }) => State !== 'deleted'),
          name: ({ NatGatewayId: id }) => ({ id }),
        },
        spec,
        by,
      ),
  };
};

interface Place {
  readonly vpcId: string;
  /** Of a subnet with a way to the internet gateway. */
  readonly subnetId: string;
  readonly allocationId: string;
}

/** Over all pages. The member is called `Filter` here, where other describes have `Filters`. */
export const findNatGateways = (ec2: Ec2, wanted: Filter[]): Promise<NatGateway[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeNatGatewaysCommand({ Filter: wanted, NextToken }));
    return { items: answer.NatGateways, next: answer.NextToken };
  });

/** A way out, or one that is coming. */
const isThere = ({ State }: NatGateway): boolean => State === 'pending' || State === 'available';

/** Others may stand in the VPC too: only what is ours or has the name counts. */
const ofSpec = (found: readonly NatGateway[], { owner, name }: NatGatewaySpec): NatGateway[] =>
  found.filter(({ Tags }) => isOwnedBy(tagsOf(Tags), owner) || tagsOf(Tags).Name === name);

/** Ours by tag, else the one of the name. @throws Conflict where several have it. */
const usable = (there: readonly NatGateway[], { owner, name }: NatGatewaySpec): NatGateway | undefined => {
  const sorted = there.toSorted((one, other) => (String(one.NatGatewayId) < String(other.NatGatewayId) ? -1 : 1));
  const ours = sorted.find(({ Tags }) => isOwnedBy(tagsOf(Tags), owner));
  if (!ours && sorted.length > 1) {
    const ids = sorted.map(({ NatGatewayId }) => NatGatewayId).join(', ');
    throw fail('Conflict', `several NAT gateways are called ${name}: ${ids}. Rename all but one`);
  }
  return ours ?? sorted[0];
};

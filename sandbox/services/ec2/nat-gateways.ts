/**
 * NAT gateways: `pending`, then `available` or `failed`; `deleting` for a while, in which address and interface are still
 * taken, then `deleted`, and shown for about an hour more. Whether it can work is found out after the call has been
 * answered. moto has it available at once, deletes without letting go of anything, and filters by few properties only.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
 */
import { DescribeInternetGatewaysCommand, EC2Client, type NatGateway } from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { currentNatGateway, isAlive, natGatewaysOf, settleNatGateways } from './nat-gateway-states.ts';
import { NAT_GATEWAYS_PER_ZONE } from './quotas.ts';
import { type Ec2Deps, mutation, objectsOf, type Params, succeeded, textOf, textsOf } from './state.ts';
import { idempotent } from './tokens.ts';
import { appearing, isHidden } from './visibility.ts';

const AVAILABLE_AFTER_MS = 60_000;
const GONE_AFTER_MS = 45_000;
const SPREAD = 0.5;

export const natGatewayRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => ({
  CreateNatGateway: mutation(
    deps,
    idempotent(deps, appearing(deps, ['NatGateway', 'NatGatewayId'], create(deps, lookup))),
  ),
  DescribeNatGateways: describe(deps),
  DeleteNatGateway: mutation(deps, remove(deps)),
});

const create =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const subnetId = textOf(call.params, 'SubnetId');
    const allocationId = textOf(call.params, 'AllocationId');
    const [subnet] = await lookup.subnets(call, filterBy('subnet-id', subnetId));
    if (!subnet) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
    const address = await lookup.address(call, allocationId);
    if (!address) {
      throw new AwsError('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`);
    }
    await checkQuota(deps, lookup, call, String(subnet.AvailabilityZone));
    const failure = address.AssociationId
      ? takenAddress(allocationId)
      : await missingGateway(deps, call, String(subnet.VpcId));
    // One that fails never takes its address.
    const { AllocationId: _, ...rest } = call.params;
    const answer = await forward(failure && { params: { ...rest, ConnectivityType: 'private' } });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const made = result.NatGateway as Params;
    const delay = world.delay(AVAILABLE_AFTER_MS, SPREAD);
    const availableAt = world.now() + delay;
    deps.of(call).natGateways.set(String(made.NatGatewayId), { availableAt, failure, goneAt: undefined });
    return world.answer(call, { ...result, NatGateway: { ...made, State: 'pending' } });
  };

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways */
const checkQuota = async (deps: Ec2Deps, lookup: Lookup, call: Call, zone: string): Promise<void> => {
  const subnets = await lookup.subnets(call, filterBy('availability-zone', zone));
  const ids = subnets.map(({ SubnetId }) => SubnetId);
  const there = (await natGatewaysOf(deps, call)).filter((each) => isAlive(each) && ids.includes(each.SubnetId));
  const limit = deps.world.limit(call.account, NAT_GATEWAYS_PER_ZONE);
  if (there.length < limit) return;
  throw new AwsError(
    'NatGatewayLimitExceeded',
    `Performing this operation would exceed the limit of ${limit} NAT gateways`,
  );
};

interface Failure {
  readonly code: string;
  readonly message: string;
}

const takenAddress = (allocationId: string): Failure => ({
  code: 'Resource.AlreadyAssociated',
  message: `Elastic IP address [${allocationId}] is already associated`,
});

const missingGateway = async ({ world }: Ec2Deps, call: Call, vpcId: string): Promise<Failure | undefined> => {
  const Filters = filterBy('attachment.vpc-id', vpcId);
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({ Filters }));
  if (InternetGateways.length > 0) return undefined;
  return { code: 'Gateway.NotAttached', message: `Network ${vpcId} has no Internet gateway attached` };
};

const notFound = (id: string): AwsError => new AwsError('NatGatewayNotFound', `NatGateway ${id} was not found`);

const describe =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    const { world, of } = deps;
    await settleNatGateways(deps, call);
    const { Filter: _, ...params } = call.params;
    const answer = await forward({ params });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const all = ((result.NatGateways ?? []) as NatGateway[]).filter(
      ({ NatGatewayId }) => !isHidden(world, of(call), NatGatewayId),
    );
    for (const id of textsOf(call.params, 'NatGatewayIds')) {
      if (!all.some(({ NatGatewayId }) => NatGatewayId === id)) throw notFound(id);
    }
    const wanted = objectsOf(call.params, 'Filter');
    const found = all
      .map((gateway) => currentNatGateway(world, of(call), gateway))
      .filter((gateway) => wanted.every((filter) => fits(gateway, filter)));
    return world.answer(call, { ...result, NatGateways: found.map((each) => ({ ...each })) });
  };

const fits = (gateway: NatGateway, filter: Params): boolean => {
  const name = textOf(filter, 'Name');
  const values = textsOf(filter, 'Values');
  if (name.startsWith('tag:')) {
    const tag = gateway.Tags?.find(({ Key }) => Key === name.slice('tag:'.length));
    return tag !== undefined && values.includes(tag.Value ?? '');
  }
  const members: Readonly<Record<string, string | undefined>> = {
    'nat-gateway-id': gateway.NatGatewayId,
    'vpc-id': gateway.VpcId,
    'subnet-id': gateway.SubnetId,
    state: gateway.State,
  };
  if (!Object.hasOwn(members, name)) {
    throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  return values.includes(members[name] ?? '');
};

const remove =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    const { world } = deps;
    await settleNatGateways(deps, call);
    const id = textOf(call.params, 'NatGatewayId');
    const found = (await natGatewaysOf(deps, call)).find(({ NatGatewayId }) => NatGatewayId === id);
    if (!found || found.State === 'deleted') throw notFound(id);
    if (found.State === 'deleting') return world.answer(call, { NatGatewayId: id });
    const answer = await forward();
    if (!succeeded(answer)) return answer;
    const goneAt = world.now() + world.delay(GONE_AFTER_MS, SPREAD);
    const before = deps.of(call).natGateways.get(id);
    deps.of(call).natGateways.set(id, { availableAt: 0, failure: before?.failure, goneAt });
    return answer;
  };

import {
  AllocateAddressCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteNatGatewayCommand,
  DeleteSubnetCommand,
  DescribeAddressesCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../support/sandbox.ts';
import { createNetwork, type Rig, refusal, rig, until } from './batch-rig.ts';

const addressOf = async ({ ec2 }: Rig) =>
  String((await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))).AllocationId);

const attachGateway = async ({ ec2 }: Rig, VpcId: string) => {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = String(InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  return InternetGatewayId;
};

const create = async ({ ec2 }: Rig, SubnetId: string, AllocationId: string, more: object = {}) => {
  const made = await ec2.send(new CreateNatGatewayCommand({ SubnetId, AllocationId, ...more }));
  return String(made.NatGateway?.NatGatewayId);
};

const look = async ({ ec2 }: Rig, id: string) =>
  (await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }))).NatGateways?.[0];

const prepare = async (given: Rig) => {
  const network = await createNetwork(given);
  return { ...network, gatewayId: await attachGateway(given, network.vpcId), allocationId: await addressOf(given) };
};

test.concurrent('a gateway is pending, then available; deleting, then deleted, and holds what it stands on until then', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId, gatewayId, allocationId } = await prepare(given);
  await given.account.scale(1);
  const id = await create(given, subnetId, allocationId);
  await until(async () => expect((await look(given, id))?.State).toBe('pending'));
  await given.account.pass(HOUR_MS);
  expect((await look(given, id))?.State).toBe('available');
  await given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
  expect((await look(given, id))?.State).toBe('deleting');
  const release = () => refusal(given.ec2.send(new ReleaseAddressCommand({ AllocationId: allocationId })));
  const removeSubnet = () => refusal(given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })));
  const detach = new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId });
  expect(await release()).toMatch(/^InvalidIPAddress.InUse: Address [\d.]+ is in use\.$/);
  expect(await removeSubnet()).toMatch(/^DependencyViolation/);
  expect(await refusal(given.ec2.send(detach))).toMatch(/^DependencyViolation: .*mapped public address/);
  // A second delete changes nothing.
  expect(await refusal(given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id })))).toBe('accepted');
  await given.account.pass(2 * MINUTE_MS);
  expect((await look(given, id))?.State).toBe('deleted');
  expect([await release(), await removeSubnet(), await refusal(given.ec2.send(detach))]).toEqual([
    'accepted',
    'accepted',
    'accepted',
  ]);
  expect(await refusal(given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id })))).toMatch(
    /^NatGatewayNotFound/,
  );
  const left = (await given.account.inventory()).map(({ type }) => type);
  expect(left.filter((type) => /NatGateway|EIP|NetworkInterface/.test(type))).toEqual([]);
});

test.concurrent('one without an internet gateway, or with an address that is taken, fails after the call', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId } = await createNetwork(given);
  const [first, second] = [await addressOf(given), await addressOf(given)];
  const lonely = await create(given, subnetId, first);
  expect(await look(given, lonely)).toMatchObject({
    State: 'failed',
    FailureCode: 'Gateway.NotAttached',
    FailureMessage: `Network ${vpcId} has no Internet gateway attached`,
  });
  await attachGateway(given, vpcId);
  // Control: the same calls with a gateway work, also with the address of the one that failed.
  expect((await look(given, await create(given, subnetId, first)))?.State).toBe('available');
  const taken = await create(given, subnetId, first);
  expect(await look(given, taken)).toMatchObject({ State: 'failed', FailureCode: 'Resource.AlreadyAssociated' });
  expect((await look(given, await create(given, subnetId, second)))?.State).toBe('available');
});

test.concurrent('what is not there is refused in the answer', async (t) => {
  const given = await rig(t);
  const { subnetId, allocationId } = await prepare(given);
  expect(await refusal(create(given, 'subnet-00000000000000000', allocationId))).toMatch(/^InvalidSubnetID.NotFound/);
  expect(await refusal(create(given, subnetId, 'eipalloc-00000000000000000'))).toMatch(/^InvalidAllocationID.NotFound/);
  expect(await refusal(look(given, 'nat-00000000000000000'))).toMatch(/^NatGatewayNotFound/);
  expect(await refusal(given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: 'nat-00000000000000000' })))).toMatch(
    /^NatGatewayNotFound/,
  );
  expect(
    await refusal(given.ec2.send(new ReleaseAddressCommand({ AllocationId: 'eipalloc-00000000000000000' }))),
  ).toMatch(/^InvalidAllocationID.NotFound/);
});

test.concurrent('a token gives the same gateway again; an address has none', async (t) => {
  const given = await rig(t);
  const { subnetId, allocationId } = await prepare(given);
  const id = await create(given, subnetId, allocationId, { ClientToken: 'one' });
  expect(await create(given, subnetId, allocationId, { ClientToken: 'one' })).toBe(id);
  expect(await refusal(create(given, subnetId, await addressOf(given), { ClientToken: 'one' }))).toMatch(
    /^IdempotentParameterMismatch/,
  );
  expect((await given.ec2.send(new DescribeAddressesCommand({}))).Addresses).toHaveLength(2);
});

test.concurrent('both have a quota, and the one of gateways is per zone', async (t) => {
  const given = await rig(t);
  const { subnetId, allocationId } = await prepare(given);
  await given.account.quotas({ addresses: 2, natGatewaysPerZone: 1 });
  const id = await create(given, subnetId, allocationId);
  const second = await addressOf(given);
  expect(await refusal(addressOf(given))).toMatch(/^AddressLimitExceeded/);
  expect(await refusal(create(given, subnetId, second))).toBe(
    'NatGatewayLimitExceeded: Performing this operation would exceed the limit of 1 NAT gateways',
  );
  // Control: one that is gone makes room.
  await given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id }));
  expect(await refusal(create(given, subnetId, second))).toBe('accepted');
});

test.concurrent('a route leads to one of its network that is there, and into a black hole afterwards', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId, allocationId } = await prepare(given);
  const tableOf = async (VpcId: string) =>
    String((await given.ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId);
  const table = await tableOf(vpcId);
  const other = await tableOf((await createNetwork(given, '10.0.0.0/16')).vpcId);
  const NatGatewayId = await create(given, subnetId, allocationId);
  const lead = (RouteTableId: string, to: string) =>
    refusal(
      given.ec2.send(new CreateRouteCommand({ RouteTableId, NatGatewayId: to, DestinationCidrBlock: '0.0.0.0/0' })),
    );
  expect(await lead(other, NatGatewayId)).toMatch(/^InvalidParameterValue: .*different networks/);
  expect(await lead(table, 'nat-00000000000000000')).toMatch(/^InvalidNatGatewayID.NotFound/);
  expect(await lead(table, NatGatewayId)).toBe('accepted');
  const routes = async () => {
    const { RouteTables } = await given.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [table] }));
    return RouteTables?.[0]?.Routes?.filter((route) => route.DestinationCidrBlock === '0.0.0.0/0');
  };
  expect(await routes()).toMatchObject([{ NatGatewayId, State: 'active' }]);
  await given.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
  expect(await routes()).toMatchObject([{ NatGatewayId, State: 'blackhole' }]);
  expect(await lead(other, NatGatewayId)).toMatch(/^InvalidNatGatewayID.NotFound/);
});

test.concurrent('gateways are found by network, state and tag, and no other way unnoticed', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId, allocationId } = await prepare(given);
  const id = await create(given, subnetId, allocationId, {
    TagSpecifications: [{ ResourceType: 'natgateway', Tags: [{ Key: 'Name', Value: 'way-out' }] }],
  });
  const find = async (Name: string, ...Values: string[]) => {
    const { NatGateways = [] } = await given.ec2.send(new DescribeNatGatewaysCommand({ Filter: [{ Name, Values }] }));
    return NatGateways.map(({ NatGatewayId }) => NatGatewayId);
  };
  expect(await find('vpc-id', vpcId)).toEqual([id]);
  expect(await find('state', 'available', 'pending')).toEqual([id]);
  expect(await find('tag:Name', 'way-out')).toEqual([id]);
  expect([await find('vpc-id', 'vpc-1'), await find('state', 'failed'), await find('tag:Name', 'other')]).toEqual([
    [],
    [],
    [],
  ]);
  expect(await refusal(find('colour', 'red'))).toMatch(/^InvalidParameterValue/);
});

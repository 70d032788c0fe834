import {
  CreateRouteTableCommand,
  CreateVpcEndpointCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeRouteTablesCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createNetwork, type Rig, refusal, rig, until } from './batch-rig.ts';

const S3 = 'com.amazonaws.us-east-1.s3';

const tableOf = async ({ ec2 }: Rig, VpcId: string) =>
  String((await ec2.send(new CreateRouteTableCommand({ VpcId }))).RouteTable?.RouteTableId);

const gatewayTo =
  ({ ec2 }: Rig, VpcId: string) =>
  async (...RouteTableIds: string[]) => {
    const made = await ec2.send(new CreateVpcEndpointCommand({ VpcId, ServiceName: S3, RouteTableIds }));
    return String(made.VpcEndpoint?.VpcEndpointId);
  };

/** The targets of the routes to prefix lists. */
const routesOf = async ({ ec2 }: Rig, RouteTableId: string) => {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }));
  return (RouteTables?.[0]?.Routes ?? []).filter((each) => each.DestinationPrefixListId).map((each) => each.GatewayId);
};

const look = async ({ ec2 }: Rig, VpcEndpointId: string) => {
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId] }));
  return VpcEndpoints?.[0];
};

test.concurrent('a gateway endpoint is the routes in its tables, and takes them with it', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const [first, second] = [await tableOf(given, vpcId), await tableOf(given, vpcId)];
  const id = await gatewayTo(given, vpcId)(first);
  expect(await look(given, id)).toMatchObject({
    State: 'available',
    VpcEndpointType: 'Gateway',
    RouteTableIds: [first],
  });
  const change = (changes: object) =>
    refusal(given.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: id, ...changes })));
  expect(await change({ AddRouteTableIds: [second] })).toBe('accepted');
  expect([await routesOf(given, first), await routesOf(given, second)]).toEqual([[id], [id]]);
  expect(await change({ AddRouteTableIds: [second] })).toMatch(/^RouteAlreadyExists/);
  expect(await change({ RemoveRouteTableIds: [first] })).toBe('accepted');
  expect([await routesOf(given, first), await routesOf(given, second)]).toEqual([[], [id]]);
  expect(await change({ RemoveRouteTableIds: [first] })).toMatch(/^InvalidRouteTableId.NotFound/);

  await given.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  expect(await routesOf(given, second)).toEqual([]);
  expect(await refusal(look(given, id))).toBe(
    `InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '${id}' does not exist`,
  );
});

test.concurrent('a table takes one route to a service', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const other = await createNetwork(given, '10.0.0.0/16');
  const [table, foreign] = [await tableOf(given, vpcId), await tableOf(given, other.vpcId)];
  const create = gatewayTo(given, vpcId);
  await create(table);
  expect(await refusal(create(table))).toMatch(
    new RegExp(
      `^RouteAlreadyExists: route table ${table} already has a route with destination-prefix-list-id pl-\\w+$`,
    ),
  );
  expect(await refusal(create(foreign))).toMatch(/^InvalidParameter: Route table/);
  expect(await refusal(create('rtb-00000000000000000'))).toMatch(/^InvalidRouteTableId.NotFound/);
  // Control: a second endpoint for other tables is fine.
  expect(await refusal(create(await tableOf(given, vpcId)))).toBe('accepted');
});

test.concurrent('the route of an endpoint can only be taken away with the endpoint', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const table = await tableOf(given, vpcId);
  const id = await gatewayTo(given, vpcId)(table);
  const { RouteTables } = await given.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [table] }));
  const DestinationPrefixListId = RouteTables?.[0]?.Routes?.find(
    (each) => each.GatewayId === id,
  )?.DestinationPrefixListId;
  const remove = new DeleteRouteCommand({ RouteTableId: table, DestinationPrefixListId });
  expect(await refusal(given.ec2.send(remove))).toMatch(/^InvalidParameterValue: cannot remove VPC endpoint route/);
  // The table goes with its routes, and the endpoint forgets it.
  await given.ec2.send(new DeleteRouteTableCommand({ RouteTableId: table }));
  expect((await look(given, id))?.RouteTableIds ?? []).toEqual([]);
  await given.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
});

test.concurrent('an endpoint is pending, then available; deleting, then gone, and holds its VPC until then', async (t) => {
  const given = await rig(t);
  const { vpcId, subnetId } = await createNetwork(given);
  await given.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  await given.account.scale(1);
  const made = await given.ec2.send(new CreateVpcEndpointCommand({ VpcId: vpcId, ServiceName: S3 }));
  const id = String(made.VpcEndpoint?.VpcEndpointId);
  expect(made.VpcEndpoint?.State).toBe('pending');
  expect(await refusal(look(given, id))).toMatch(/^InvalidVpcEndpointId.NotFound/);
  await until(async () => expect((await look(given, id))?.State).toBe('available'));
  await given.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  expect((await look(given, id))?.State).toBe('deleting');
  const removeVpc = () => refusal(given.ec2.send(new DeleteVpcCommand({ VpcId: vpcId })));
  expect(await removeVpc()).toMatch(/^DependencyViolation/);
  await until(async () => expect(await removeVpc()).toBe('accepted'));
  expect((await given.account.inventory()).map(({ type }) => type)).toEqual([]);
});

test.concurrent('a delete succeeds and tells in its answer what it could not delete', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const id = await gatewayTo(given, vpcId)();
  const absent = 'vpce-00000000000000000';
  const remove = () => given.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id, absent] }));
  const missing = (name: string) => ({
    ResourceId: name,
    Error: { Code: 'InvalidVpcEndpoint.NotFound', Message: `The Vpc Endpoint Id '${name}' does not exist` },
  });
  expect((await remove()).Unsuccessful).toEqual([missing(absent)]);
  expect((await remove()).Unsuccessful).toEqual([missing(id), missing(absent)]);
});

test.concurrent('one token makes one endpoint, with the tags of its create', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const create = (ServiceName = S3) =>
    given.ec2.send(
      new CreateVpcEndpointCommand({
        VpcId: vpcId,
        ServiceName,
        ClientToken: 'token',
        TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'Name', Value: 'door' }] }],
      }),
    );
  const made = await Promise.all([create(), create(), create()]);
  expect(new Set(made.map(({ VpcEndpoint }) => VpcEndpoint?.VpcEndpointId)).size).toBe(1);
  expect(await refusal(create('com.amazonaws.us-east-1.dynamodb'))).toMatch(/^IdempotentParameterMismatch/);
  const items = (await given.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPCEndpoint');
  expect(items).toMatchObject([{ name: 'door', tags: { Name: 'door' }, details: { vpcId, serviceName: S3 } }]);
});

test.concurrent('what does not fit is refused, a dry run makes nothing, and the quota holds', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  await given.account.quotas({ gatewayEndpoints: 1 });
  const create = (changes: object) =>
    refusal(given.ec2.send(new CreateVpcEndpointCommand({ VpcId: vpcId, ServiceName: S3, ...changes })));
  expect(await create({ ServiceName: 'com.amazonaws.eu-west-1.s3' })).toMatch(/^InvalidServiceName/);
  expect(await create({ PolicyDocument: 'nonsense' })).toMatch(/^InvalidPolicyDocument/);
  expect(await create({ VpcId: 'vpc-00000000000000000' })).toMatch(/^InvalidVpcID.NotFound/);
  expect(await create({ DryRun: true })).toMatch(/^DryRunOperation/);
  expect((await given.account.inventory()).filter(({ type }) => type === 'AWS::EC2::VPCEndpoint')).toEqual([]);
  expect(await create({})).toBe('accepted');
  expect(await create({})).toMatch(/^VpcEndpointLimitExceeded/);
});

test.concurrent('the policy of an endpoint can be changed and reset', async (t) => {
  const given = await rig(t);
  const { vpcId } = await createNetwork(given);
  const id = await gatewayTo(given, vpcId)();
  const policy = async () => JSON.parse((await look(given, id))?.PolicyDocument ?? 'null') as unknown;
  const open = await policy();
  const closed = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }] };
  const change = (changes: object) => given.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: id, ...changes }));
  await change({ PolicyDocument: JSON.stringify(closed) });
  expect(await policy()).toEqual(closed);
  await change({ ResetPolicy: true });
  expect(await policy()).toEqual(open);
});

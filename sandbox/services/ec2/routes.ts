/**
 * Route tables. An identical route or association again succeeds, another one is refused; a route whose instance is
 * gone turns into a blackhole.
 */
import { DescribeInternetGatewaysCommand, EC2Client, type Route } from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { forgetTable } from './endpoints.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { isAlive, natGatewaysOf } from './nat-gateway-states.ts';
import { settleInstances } from './settle.ts';
import {
  done,
  type Ec2Deps,
  hasDependencies,
  mutation,
  type Overlay,
  type Params,
  succeeded,
  textOf,
} from './state.ts';
import { idempotent } from './tokens.ts';
import { appearing, visible } from './visibility.ts';

/** The members of CreateRoute that name a target, and what a described route calls them. */
const TARGETS = ['GatewayId', 'InstanceId', 'NatGatewayId', 'NetworkInterfaceId', 'TransitGatewayId'] as const;

export const routeRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => {
  const describe = visible(deps, 'DescribeRouteTables', withBlackholes(deps));
  return {
    CreateRouteTable: mutation(
      deps,
      idempotent(
        deps,
        appearing(deps, ['RouteTable', 'RouteTableId'], (_call, forward) => forward()),
      ),
    ),
    DescribeRouteTables: async (call, forward) => {
      await settleInstances(deps, call);
      return describe(call, forward);
    },
    DeleteRouteTable: mutation(deps, deleteRouteTable(deps, lookup)),
    CreateRoute: mutation(deps, createRoute(deps, lookup)),
    ReplaceRoute: mutation(deps, async (call, forward) => {
      await checkTarget(deps, lookup, call);
      return forward();
    }),
    DeleteRoute: mutation(deps, deleteRoute(lookup)),
    AssociateRouteTable: mutation(deps, associate(deps, lookup)),
  };
};

const createRoute =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const destination = textOf(call.params, 'DestinationCidrBlock');
    await checkTarget(deps, lookup, call);
    const [table] = await lookup.routeTables(call, filterBy('route-table-id', textOf(call.params, 'RouteTableId')));
    const existing = table?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === destination);
    if (existing && TARGETS.every((name) => (existing[name] ?? '') === textOf(call.params, name))) {
      return done(deps.world, call, { Return: true });
    }
    return forward();
  };

/** A target has to exist, and in the network of the table. */
const checkTarget = async (deps: Ec2Deps, lookup: Lookup, call: Call): Promise<void> => {
  await settleInstances(deps, call);
  const tableId = textOf(call.params, 'RouteTableId');
  const instanceId = textOf(call.params, 'InstanceId');
  const gatewayId = textOf(call.params, 'GatewayId');
  const [table] = await lookup.routeTables(call, filterBy('route-table-id', tableId));
  if (!table) throw new AwsError('InvalidRouteTableID.NotFound', `The routeTable ID '${tableId}' does not exist`);
  if (instanceId) {
    const course = deps.of(call).instances.get(instanceId);
    const found = course?.terminatedAt === undefined ? await lookup.instance(call, instanceId) : undefined;
    if (!found) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    if (found.VpcId !== table.VpcId) throw differentNetworks(tableId, `instance ${instanceId}`);
  }
  const natGatewayId = textOf(call.params, 'NatGatewayId');
  if (natGatewayId) {
    const found = (await natGatewaysOf(deps, call)).find(({ NatGatewayId }) => NatGatewayId === natGatewayId);
    if (!found || !isAlive(found)) {
      throw new AwsError('InvalidNatGatewayID.NotFound', `The natGateway ID '${natGatewayId}' does not exist`);
    }
    if (found.VpcId !== table.VpcId) throw differentNetworks(tableId, `NAT gateway ${natGatewayId}`);
  }
  if (gatewayId.startsWith('igw-')) {
    const ec2 = deps.world.moto(EC2Client, call.account, call.region);
    const found = await ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: filterBy('internet-gateway-id', gatewayId) }),
    );
    const gateway = found.InternetGateways?.[0];
    if (!gateway) {
      throw new AwsError('InvalidInternetGatewayID.NotFound', `The internetGateway ID '${gatewayId}' does not exist`);
    }
    if (gateway.Attachments?.[0]?.VpcId !== table.VpcId) {
      throw differentNetworks(tableId, `network gateway ${gatewayId}`);
    }
  }
};

const differentNetworks = (tableId: string, other: string): AwsError =>
  new AwsError('InvalidParameterValue', `route table ${tableId} and ${other} belong to different networks`);

/**
 * The route of a gateway endpoint goes with the endpoint only.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html#gateway-endpoint-routing
 */
const deleteRoute =
  (lookup: Lookup): Rule =>
  async (call, forward) => {
    const list = textOf(call.params, 'DestinationPrefixListId');
    const tableId = textOf(call.params, 'RouteTableId');
    const [table] = list ? await lookup.routeTables(call, filterBy('route-table-id', tableId)) : [];
    const route = table?.Routes?.find(({ DestinationPrefixListId }) => DestinationPrefixListId === list);
    if (route?.GatewayId?.startsWith('vpce-')) {
      throw new AwsError('InvalidParameterValue', `cannot remove VPC endpoint route ${list} in route table ${tableId}`);
    }
    return forward();
  };

const associate =
  ({ world }: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const subnetId = textOf(call.params, 'SubnetId');
    const tableId = textOf(call.params, 'RouteTableId');
    if (!subnetId) return forward();
    const [bound] = await lookup.routeTables(call, filterBy('association.subnet-id', subnetId));
    const association = bound?.Associations?.find(({ SubnetId }) => SubnetId === subnetId);
    if (bound && association && bound.RouteTableId === tableId) {
      const AssociationId = association.RouteTableAssociationId;
      return done(world, call, { AssociationId, AssociationState: { State: 'associated' } });
    }
    if (association) {
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${tableId} conflicts with an existing association`,
      );
    }
    const [subnet] = await lookup.subnets(call, filterBy('subnet-id', subnetId));
    const [table] = await lookup.routeTables(call, filterBy('route-table-id', tableId));
    if (subnet && table && subnet.VpcId !== table.VpcId) throw differentNetworks(tableId, `subnet ${subnetId}`);
    return forward();
  };

const deleteRouteTable =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const tableId = textOf(call.params, 'RouteTableId');
    const [table] = await lookup.routeTables(call, filterBy('route-table-id', tableId));
    if (table?.Associations?.length) throw hasDependencies('routeTable', tableId);
    const answer = await forward();
    if (succeeded(answer)) await forgetTable(deps, call, tableId);
    return answer;
  };

/** A described route to an instance, by way of its interface; or to a NAT gateway, which stays in it when it goes. */
export const currentRoute = (route: Route, { instances, natGateways }: Overlay): Route => {
  const isCut = natGateways.get(route.NatGatewayId ?? '')?.goneAt !== undefined;
  if (isCut) return { ...route, State: 'blackhole' };
  const course = route.InstanceId ? instances.get(route.InstanceId) : undefined;
  if (!course) return route;
  const NetworkInterfaceId = course.interfaceIds[0];
  if (!course.terminating) return { ...route, NetworkInterfaceId, State: 'active' };
  const { InstanceId: _, ...rest } = route;
  return { ...rest, NetworkInterfaceId, State: 'blackhole' };
};

const withBlackholes =
  (_deps: Ec2Deps) =>
  (items: Params[], overlay: Overlay): Params[] =>
    items.map((item) => ({
      ...item,
      Routes: ((item.Routes ?? []) as Route[]).map((route) => currentRoute(route, overlay)),
    }));

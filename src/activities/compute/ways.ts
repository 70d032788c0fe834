/**
 * Which of AWS's services instances reach from a subnet: by its default route, or by endpoints of the VPC. An instance
 * that doesn't reach ECS never joins its cluster, and its jobs are RUNNABLE for ever. Decides from what EC2 shows; asks
 * nobody.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
 */
import type { Route, RouteTable, Subnet, VpcEndpoint } from '@aws-sdk/client-ec2';
import type { ServiceName } from '#domain/compute/specs.ts';

/** Of one VPC. */
export interface Topology {
  readonly region: string;
  readonly services: readonly ServiceName[];
  readonly routeTables: readonly RouteTable[];
  readonly endpoints: readonly VpcEndpoint[];
}

export interface Reach {
  /** Services that no way leads to. */
  readonly lacking: readonly ServiceName[];
  /** The internet gateway that the default route leads to without being of any use: instances have no public address. */
  readonly uselessGateway: string | null;
}

export const reachFrom = (subnet: Subnet, topology: Topology): Reach => {
  const table = tableOf(subnet, topology.routeTables);
  const route = table?.Routes?.find(isDefault);
  const out = route === undefined ? 'none' : wayOf(route, subnet);
  if (out === 'way') return { lacking: [], uselessGateway: null };
  const lacking = topology.services.filter((service) => !hasEndpoint(service, table, topology));
  return { lacking, uselessGateway: out === 'useless' ? (route?.GatewayId ?? null) : null };
};

/** A subnet that is in no table has the VPC's main one. */
const tableOf = ({ SubnetId }: Subnet, tables: readonly RouteTable[]): RouteTable | undefined =>
  tables.find(({ Associations = [] }) => Associations.some((each) => each.SubnetId === SubnetId)) ??
  tables.find(({ Associations = [] }) => Associations.some(({ Main }) => Main));

/** A blackhole's target is gone. */
const isDefault = ({ DestinationCidrBlock, State }: Route): boolean =>
  DestinationCidrBlock === '0.0.0.0/0' && State !== 'blackhole';

const wayOf = (route: Route, { MapPublicIpOnLaunch }: Subnet): 'way' | 'useless' | 'none' => {
  const { GatewayId, NatGatewayId, TransitGatewayId, NetworkInterfaceId, InstanceId, CoreNetworkArn } = route;
  if (GatewayId?.startsWith('igw-')) return MapPublicIpOnLaunch ? 'way' : 'useless';
  // Whatever is at the other end of a private gateway or an appliance is its owner's business. Peers don't pass on.
  const others = [GatewayId, NatGatewayId, TransitGatewayId, NetworkInterfaceId, InstanceId, CoreNetworkArn];
  return others.some((target) => target !== undefined && target !== 'local') ? 'way' : 'none';
};

const hasEndpoint = (service: ServiceName, table: RouteTable | undefined, { region, endpoints }: Topology): boolean =>
  endpoints
    .filter(({ ServiceName: name = '', State }) => name.endsWith(`.${region}.${service}`) && isAvailable(State))
    .some(({ VpcEndpointType, RouteTableIds = [], PrivateDnsEnabled }) =>
      VpcEndpointType === 'Gateway' ? RouteTableIds.includes(table?.RouteTableId ?? '') : PrivateDnsEnabled === true,
    );

/** EC2 writes it with a capital letter in some answers. */
const isAvailable = (state: string | undefined): boolean => state?.toLowerCase() === 'available';

/** As endpoints are called in the region. China's are in a tree of their own, but for S3. */
export const endpointName = (service: ServiceName, region: string): string =>
  `${region.startsWith('cn-') && service !== 's3' ? 'cn.' : ''}com.amazonaws.${region}.${service}`;

/** Looks at moto for the checks of other rules: by filters, so that an absent thing is an empty list and no error. */
import {
  type Address,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  type Filter,
  type Instance,
  type NetworkInterface,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { BATCH, type BatchWorkers } from '../batch/contract.ts';
import { currentEndpoints } from './endpoint-states.ts';
import type { Ec2Deps } from './state.ts';

interface Place {
  readonly account: string;
  readonly region: string;
}

export const filterBy = (Name: string, ...Values: string[]): Filter[] => [{ Name, Values }];

export const createLookup = ({ world, of }: Pick<Ec2Deps, 'world' | 'of'>) => {
  const ec2 = ({ account, region }: Place) => world.moto(EC2Client, account, region);
  return {
    interfaces: async (at: Place, Filters: Filter[]): Promise<NetworkInterface[]> =>
      (await ec2(at).send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces ?? [],
    subnets: async (at: Place, Filters: Filter[]): Promise<Subnet[]> =>
      (await ec2(at).send(new DescribeSubnetsCommand({ Filters }))).Subnets ?? [],
    routeTables: async (at: Place, Filters: Filter[]): Promise<RouteTable[]> =>
      (await ec2(at).send(new DescribeRouteTablesCommand({ Filters }))).RouteTables ?? [],
    groups: async (at: Place, Filters: Filter[]): Promise<SecurityGroup[]> =>
      (await ec2(at).send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups ?? [],
    /** Those that are gone are left out, those that are on their way are not. */
    endpoints: async (at: Place, Filters: Filter[]): Promise<VpcEndpoint[]> => {
      const { VpcEndpoints = [] } = await ec2(at).send(new DescribeVpcEndpointsCommand({ Filters }));
      return currentEndpoints(world, of(at), VpcEndpoints);
    },
    async address(at: Place, allocationId: string): Promise<Address | undefined> {
      const Filters = filterBy('allocation-id', allocationId);
      return (await ec2(at).send(new DescribeAddressesCommand({ Filters }))).Addresses?.[0];
    },
    async instance(at: Place, id: string): Promise<Instance | undefined> {
      const found = await ec2(at).send(new DescribeInstancesCommand({ Filters: filterBy('instance-id', id) }));
      return found.Reservations?.[0]?.Instances?.[0];
    },
    /** Instances that Batch runs for its environments: they hold subnets and groups like any others. */
    workers: ({ account, region }: Place): Promise<BatchWorkers[]> => world.service(BATCH).workers(account, region),
  };
};
export type Lookup = ReturnType<typeof createLookup>;

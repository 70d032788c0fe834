/** Describes by filters, over all pages. A filter that fits nothing is an empty list, where an unknown id is an error. */
import {
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Filter,
  type Instance,
  type InternetGateway,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type Vpc,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import type { AwsClient } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';

export type Ec2 = AwsClient<EC2Client>;

/** `filters({ 'vpc-id': id, 'tag:Name': name })`; a list means any of them. */
export const filters = (wanted: Readonly<Record<string, string | readonly string[]>>): Filter[] =>
  Object.entries(wanted).map(([Name, values]) => ({
    Name,
    Values: typeof values === 'string' ? [values] : [...values],
  }));

export const findVpcs = (ec2: Ec2, Filters: Filter[]): Promise<Vpc[]> =>
  collect(async (NextToken) => {
    const { Vpcs, NextToken: next } = await ec2.send(new DescribeVpcsCommand({ Filters, NextToken }));
    return { items: Vpcs, next };
  });

export const findSubnets = (ec2: Ec2, Filters: Filter[]): Promise<Subnet[]> =>
  collect(async (NextToken) => {
    const { Subnets, NextToken: next } = await ec2.send(new DescribeSubnetsCommand({ Filters, NextToken }));
    return { items: Subnets, next };
  });

export const findInternetGateways = (ec2: Ec2, Filters: Filter[]): Promise<InternetGateway[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeInternetGatewaysCommand({ Filters, NextToken }));
    return { items: answer.InternetGateways, next: answer.NextToken };
  });

export const findRouteTables = (ec2: Ec2, Filters: Filter[]): Promise<RouteTable[]> =>
  collect(async (NextToken) => {
    const { RouteTables, NextToken: next } = await ec2.send(new DescribeRouteTablesCommand({ Filters, NextToken }));
    return { items: RouteTables, next };
  });

export const findSecurityGroups = (ec2: Ec2, Filters: Filter[]): Promise<SecurityGroup[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeSecurityGroupsCommand({ Filters, NextToken }));
    return { items: answer.SecurityGroups, next: answer.NextToken };
  });

export const findVpcEndpoints = (ec2: Ec2, Filters: Filter[]): Promise<VpcEndpoint[]> =>
  collect(async (NextToken) => {
    const { VpcEndpoints, NextToken: next } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters, NextToken }));
    return { items: VpcEndpoints, next };
  });

export const findInstances = (ec2: Ec2, Filters: Filter[]): Promise<Instance[]> =>
  collect(async (NextToken) => {
    const { Reservations = [], NextToken: next } = await ec2.send(new DescribeInstancesCommand({ Filters, NextToken }));
    return { items: Reservations.flatMap(({ Instances = [] }) => Instances), next };
  });

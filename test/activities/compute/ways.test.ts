import type { Route, RouteTable, VpcEndpoint } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointName, reachFrom, type Topology } from '#activities/compute/ways.ts';
import type { ServiceName } from '#domain/compute/specs.ts';

const REGION = 'eu-central-1';
const SERVICES: readonly ServiceName[] = ['ecr.api', 'ecr.dkr', 'ecs', 'ecs-agent', 'ecs-telemetry', 's3', 'logs'];
const INTERFACES = SERVICES.filter((service) => service !== 's3');

const LOCAL: Route = { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' };
const route = (more: Route): Route => ({ DestinationCidrBlock: '0.0.0.0/0', State: 'active', ...more });
const own = (...routes: Route[]): RouteTable => ({
  RouteTableId: 'rtb-own',
  Associations: [{ SubnetId: 'subnet-1' }],
  Routes: [LOCAL, ...routes],
});
const main = (...routes: Route[]): RouteTable => ({
  RouteTableId: 'rtb-main',
  Associations: [{ Main: true }],
  Routes: [LOCAL, ...routes],
});
const endpoint = (service: string, more: Partial<VpcEndpoint> = {}): VpcEndpoint => ({
  ServiceName: `com.amazonaws.${REGION}.${service}`,
  VpcEndpointType: 'Interface',
  // EC2 writes it in small letters, whatever the SDK's types say.
  State: 'available' as never,
  PrivateDnsEnabled: true,
  ...more,
});
const gateway = (...RouteTableIds: string[]): VpcEndpoint =>
  endpoint('s3', { VpcEndpointType: 'Gateway', RouteTableIds, PrivateDnsEnabled: false });
const allEndpoints = (...tables: string[]) => [...INTERFACES.map((service) => endpoint(service)), gateway(...tables)];

interface Case {
  readonly tables: readonly RouteTable[];
  readonly endpoints?: readonly VpcEndpoint[];
  readonly publicIps?: boolean;
  readonly lacking: readonly ServiceName[];
  readonly useless?: string;
}

const IGW = route({ GatewayId: 'igw-1' });
const NAT = route({ NatGatewayId: 'nat-1' });

const CASES: Readonly<Record<string, Case>> = {
  'no route, no endpoint': { tables: [main()], lacking: SERVICES },
  'no table at all': { tables: [], lacking: SERVICES },
  'an internet gateway and public addresses': { tables: [own(IGW)], publicIps: true, lacking: [] },
  'an internet gateway without public addresses': { tables: [own(IGW)], lacking: SERVICES, useless: 'igw-1' },
  'an internet gateway, endpoints instead of addresses': {
    tables: [own(IGW)],
    endpoints: allEndpoints('rtb-own'),
    lacking: [],
    useless: 'igw-1',
  },
  'a NAT gateway': { tables: [own(NAT)], lacking: [] },
  'a NAT gateway that is gone': { tables: [own({ ...NAT, State: 'blackhole' })], lacking: SERVICES },
  'a transit gateway': { tables: [own(route({ TransitGatewayId: 'tgw-1' }))], lacking: [] },
  'a virtual private gateway': { tables: [own(route({ GatewayId: 'vgw-1' }))], lacking: [] },
  'an appliance': { tables: [own(route({ NetworkInterfaceId: 'eni-1' }))], lacking: [] },
  'a peer, which passes nothing on': { tables: [own(route({ VpcPeeringConnectionId: 'pcx-1' }))], lacking: SERVICES },
  'a way for IPv6 alone': {
    tables: [own({ DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: 'eigw-1', State: 'active' })],
    lacking: SERVICES,
  },
  'a route to somewhere': { tables: [own({ ...NAT, DestinationCidrBlock: '192.168.0.0/16' })], lacking: SERVICES },
  'the main table, where the subnet has none of its own': { tables: [main(NAT)], lacking: [] },
  'its own table counts, not the main one': { tables: [main(NAT), own()], lacking: SERVICES },
  'all endpoints': { tables: [own()], endpoints: allEndpoints('rtb-own'), lacking: [] },
  'all endpoints, S3 from another table': { tables: [own()], endpoints: allEndpoints('rtb-main'), lacking: ['s3'] },
  'all endpoints, S3 by an interface': {
    tables: [own()],
    endpoints: [...INTERFACES, 's3'].map((service) => endpoint(service)),
    lacking: [],
  },
  'one that is still being made': {
    tables: [own()],
    endpoints: [...allEndpoints('rtb-own').slice(1), endpoint('ecr.api', { State: 'pending' as never })],
    lacking: ['ecr.api'],
  },
  'one without private names': {
    tables: [own()],
    endpoints: [...allEndpoints('rtb-own').slice(1), endpoint('ecr.api', { PrivateDnsEnabled: false })],
    lacking: ['ecr.api'],
  },
  'one of another region': {
    tables: [own()],
    endpoints: [
      ...allEndpoints('rtb-own').slice(1),
      endpoint('ecr.api', { ServiceName: 'com.amazonaws.eu-west-1.ecr.api' }),
    ],
    lacking: ['ecr.api'],
  },
  'ecs is not served by ecs-agent': {
    tables: [own()],
    endpoints: allEndpoints('rtb-own').filter(({ ServiceName }) => !ServiceName?.endsWith('.ecs')),
    lacking: ['ecs'],
  },
};

test.for(Object.entries(CASES))('%s', ([, { tables, endpoints = [], publicIps = false, lacking, useless }]) => {
  const topology: Topology = { region: REGION, services: SERVICES, routeTables: tables, endpoints };
  const reach = reachFrom({ SubnetId: 'subnet-1', MapPublicIpOnLaunch: publicIps }, topology);
  expect(reach).toEqual({ lacking, uselessGateway: useless ?? null });
});

test('an endpoint more never makes a service lack, and what lacks is mended by the endpoints that are named', () => {
  const some = fc.subarray([...SERVICES]);
  fc.assert(
    fc.property(some, some, (there, more) => {
      const of = (services: readonly ServiceName[]): Topology => ({
        region: REGION,
        services: SERVICES,
        routeTables: [own()],
        endpoints: services.map((service) => endpoint(service, { ServiceName: endpointName(service, REGION) })),
      });
      const before = reachFrom({ SubnetId: 'subnet-1' }, of(there)).lacking;
      const after = reachFrom({ SubnetId: 'subnet-1' }, of([...there, ...more])).lacking;
      expect(before).toEqual(SERVICES.filter((service) => !there.includes(service)));
      expect(before).toEqual(expect.arrayContaining([...after]));
      expect(reachFrom({ SubnetId: 'subnet-1' }, of([...there, ...before])).lacking).toEqual([]);
    }),
  );
});

test("China's endpoints are in a tree of their own, and are known", () => {
  expect(endpointName('ecr.api', 'cn-north-1')).toBe('cn.com.amazonaws.cn-north-1.ecr.api');
  expect(endpointName('s3', 'cn-north-1')).toBe('com.amazonaws.cn-north-1.s3');
  const topology: Topology = {
    region: 'cn-north-1',
    services: ['ecr.api'],
    routeTables: [own()],
    endpoints: [endpoint('', { ServiceName: endpointName('ecr.api', 'cn-north-1') })],
  };
  expect(reachFrom({ SubnetId: 'subnet-1' }, topology).lacking).toEqual([]);
});

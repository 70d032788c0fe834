import type { VpcEndpointSpec } from '#domain/resources/network.ts';
import type { Network, NetworkSpec, Resolved } from '#domain/workspace/specs.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { settleAll } from '../kernel/settle.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import type { Reserved } from './reserve-slots.ts';

/**
 * The VPC, three job subnets with their route table, and a short way to S3; where jobs have a way out, an internet gateway
 * and a public subnet for it, with a route table of its own.
 */
export const network = defineStep({
  name: 'network',
  expectedMs: minutes(2),

  async make(
    spec: NetworkSpec,
    { resolved: { jobZones, squidZone } }: { readonly slots: Reserved; readonly resolved: Resolved },
  ): Promise<Network> {
    const { vpcId } = await mutate.ensureVpc(spec.vpc);
    await look.awaitVpcAvailable(spec.vpc, vpcId);
    const subnet = async (wanted: NetworkSpec['firewallSubnet'], zone: string) =>
      (await mutate.ensureSubnet(wanted, vpcId, zone)).subnetId;
    const gateway = async () => {
      const { gatewayId } = await mutate.ensureInternetGateway(spec.gateway, vpcId);
      await mutate.ensureMainRoute(spec.vpc, vpcId, gatewayId);
      return gatewayId;
    };
    const jobSubnets = () =>
      settleAll(spec.jobSubnets.map((wanted, index) => subnet(wanted, jobZones[index] ?? squidZone)));

    const jobs = async () => {
      const jobSubnetIds = await jobSubnets();
      const table = await mutate.ensureRouteTable(spec.jobRouteTable, vpcId, [...jobSubnetIds], null);
      return { jobSubnetIds, jobRouteTableId: table.routeTableId };
    };
    const firewall = async () => {
      const [gatewayId, firewallSubnetId] = await settleAll([gateway(), subnet(spec.firewallSubnet, squidZone)]);
      const table = await mutate.ensureRouteTable(spec.firewallRouteTable, vpcId, [firewallSubnetId], gatewayId);
      return { firewallSubnetId, tables: [table.routeTableId] };
    };
    const [ofJobs, { firewallSubnetId, tables }, defaultSecurityGroupId] = await settleAll([
      jobs(),
      spec.egress === 'none' ? Promise.resolve({ firewallSubnetId: null, tables: [] }) : firewall(),
      find.findDefaultSecurityGroup(spec.vpc, vpcId),
    ]);
    // The proxy asks S3 too: for what a job sends through it, and for the packages of its own system.
    const served = [ofJobs.jobRouteTableId, ...tables];
    await settleAll(
      spec.gatewayEndpoints.map(async (endpoint) => {
        const { endpointId } = await mutate.ensureVpcEndpoint(endpoint, vpcId, served);
        await look.awaitVpcEndpointAvailable(endpoint, vpcId, endpointId);
      }),
    );
    return { vpcId, ...ofJobs, firewallSubnetId, defaultSecurityGroupId };
  },

  async undo(spec: NetworkSpec, removal) {
    const { vpc, jobRouteTable, firewallRouteTable, jobSubnets, firewallSubnet, gatewayEndpoints } = spec;
    const removeVpc = async () => {
      await undo.deleteVpc(vpc, removal('ensureVpc'));
      await undo.awaitVpcGone(vpc, removal('ensureVpc'));
    };
    const removeEndpoint = async (endpoint: VpcEndpointSpec) => {
      await undo.deleteVpcEndpoint(endpoint, vpc, removal('ensureVpcEndpoint'));
      await undo.awaitVpcEndpointGone(endpoint, vpc, removal('ensureVpcEndpoint'));
    };
    await takeAway(
      gatewayEndpoints.map((endpoint) => () => removeEndpoint(endpoint)),
      [jobRouteTable, firewallRouteTable].map(
        (table) => () => undo.deleteRouteTable(table, vpc, removal('ensureRouteTable')),
      ),
      [...jobSubnets, firewallSubnet].map((subnet) => () => undo.deleteSubnet(subnet, vpc, removal('ensureSubnet'))),
      [() => undo.deleteInternetGateway(spec.gateway, removal('ensureInternetGateway'))],
      [removeVpc],
    );
  },

  remaining(spec: NetworkSpec) {
    const { vpc, gateway, jobSubnets, firewallSubnet, jobRouteTable, firewallRouteTable, gatewayEndpoints } = spec;
    const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name);
    return [
      { type: 'AWS::EC2::VPC', names: [vpc.name], look: (by) => find.findRemainingVpcs(spec, by) },
      {
        type: 'AWS::EC2::InternetGateway',
        names: [gateway.name],
        look: (by) => find.findRemainingInternetGateways(spec, by),
      },
      {
        type: 'AWS::EC2::Subnet',
        names: names([...jobSubnets, firewallSubnet]),
        look: (by) => find.findRemainingSubnets(spec, by),
      },
      {
        type: 'AWS::EC2::RouteTable',
        names: names([jobRouteTable, firewallRouteTable]),
        look: (by) => find.findRemainingRouteTables(spec, by),
      },
      {
        type: 'AWS::EC2::VPCEndpoint',
        names: names(gatewayEndpoints),
        look: (by) => find.findRemainingVpcEndpoints(spec, 'Gateway', by),
      },
    ];
  },
});

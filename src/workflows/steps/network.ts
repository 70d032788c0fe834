import type { Network, NetworkSpec, Resolved } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { settleAll } from '../settle.ts';
import { defineStep, minutes } from '../step.ts';
import { takeAway } from '../take-away.ts';
import type { Reserved } from './reserve-slots.ts';

/** The VPC, its gateway, three job subnets and the proxy's own, each kind with its route table. */
export const network = defineStep({
  name: 'network',
  expectedMs: minutes(2),

  async make(spec: NetworkSpec, _slots: Reserved, { jobZones, squidZone }: Resolved): Promise<Network> {
    const { vpcId } = await mutate.ensureVpc(spec.vpc);
    await look.awaitVpcAvailable(spec.vpc, vpcId);
    const subnet = async (wanted: NetworkSpec['firewallSubnet'], zone: string) =>
      (await mutate.ensureSubnet(wanted, vpcId, zone)).subnetId;
    const gateway = async () => {
      const { gatewayId } = await mutate.ensureInternetGateway(spec, vpcId);
      await mutate.ensureMainRoute(spec, vpcId, gatewayId);
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
      return { gatewayId, firewallSubnetId, firewallRouteTableId: table.routeTableId };
    };
    const [ofJobs, ofFirewall, defaultSecurityGroupId] = await settleAll([
      jobs(),
      firewall(),
      look.findDefaultSecurityGroup(spec, vpcId),
    ]);
    return { vpcId, ...ofJobs, ...ofFirewall, defaultSecurityGroupId };
  },

  async undo(spec: NetworkSpec, removal) {
    const { vpc, jobRouteTable, firewallRouteTable, jobSubnets, firewallSubnet } = spec;
    const removeVpc = async () => {
      await undo.deleteVpc(vpc, removal('ensureVpc'));
      await undo.awaitVpcGone(vpc, removal('ensureVpc'));
    };
    await takeAway(
      [jobRouteTable, firewallRouteTable].map(
        (table) => () => undo.deleteRouteTable(table, vpc, removal('ensureRouteTable')),
      ),
      [...jobSubnets, firewallSubnet].map((subnet) => () => undo.deleteSubnet(subnet, vpc, removal('ensureSubnet'))),
      [() => undo.deleteInternetGateway(spec, removal('ensureInternetGateway'))],
      [removeVpc],
    );
  },
});

import type { NatSpec, Network } from '#domain/workspace/specs.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes, type RemovalFor } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import { publicSubnetOf, restoreRoute } from './way-out.ts';

/** The jobs' way out without a filter: a NAT gateway with an address of its own, and their default route to it. */
export const natGateway = defineStep({
  name: 'nat-gateway',
  expectedMs: minutes(4),
  async make(spec: NatSpec, { network }: { readonly network: Network }): Promise<{ natGatewayId: string }> {
    const { vpcId, jobRouteTableId } = network;
    const { allocationId } = await mutate.ensureElasticIp(spec.address);
    const place = { vpcId, subnetId: publicSubnetOf(network), allocationId };
    const { natGatewayId } = await mutate.ensureNatGateway(spec.gateway, place);
    await look.awaitNatGatewayAvailable(spec.gateway, natGatewayId);
    await mutate.ensureDefaultRoute(spec.jobRouteTable, jobRouteTableId, { NatGatewayId: natGatewayId });
    return { natGatewayId };
  },
  restore: (spec: NatSpec, before) => restoreRoute(spec, before),
  async undo(spec: NatSpec, removal) {
    await takeAway(
      [() => removeGateway(spec, removal)],
      [() => undo.releaseElasticIp(spec.address, removal('ensureElasticIp'))],
    );
  },
  remaining: (spec: NatSpec) => [
    {
      type: 'AWS::EC2::NatGateway',
      names: [spec.gateway.name],
      look: (by) => find.findRemainingNatGateways(spec, by),
    },
    { type: 'AWS::EC2::EIP', names: [spec.address.name], look: (by) => find.findRemainingElasticIps(spec, by) },
  ],
  /** Both cost by the hour. The route leads nowhere until the next launch. */
  park: {
    expectedMs: minutes(3),
    type: 'AWS::EC2::NatGateway',
    takes: ({ keptWhenParked }) => {
      if (keptWhenParked === 'all') return [];
      const gateway = ['AWS::EC2::NatGateway'];
      return keptWhenParked === 'address' ? gateway : [...gateway, 'AWS::EC2::EIP'];
    },
    async run(spec, removal) {
      if (spec.keptWhenParked === 'all') return;
      await removeGateway(spec, removal);
      if (spec.keptWhenParked === 'nothing') await undo.releaseElasticIp(spec.address, removal());
    },
  },
});

const removeGateway = async ({ gateway, vpc }: NatSpec, removal: RemovalFor): Promise<void> => {
  await undo.deleteNatGateway(gateway, vpc, removal('ensureNatGateway'));
  await undo.awaitNatGatewayGone(gateway, vpc, removal('ensureNatGateway'));
};

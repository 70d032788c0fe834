import type { VpcEndpointSpec } from '#domain/resources/network.ts';
import type { Network, ServiceEndpointsSpec } from '#domain/workspace/specs.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { settleAll } from '../kernel/settle.ts';
import { defineStep, insistently, minutes, type RemovalFor } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import { restoreRoute } from './way-out.ts';

/** No way out: the services that workers call, by endpoints inside the VPC, and no default route. */
export const serviceEndpoints = defineStep({
  name: 'service-endpoints',
  expectedMs: minutes(5),
  async make(
    spec: ServiceEndpointsSpec,
    { network }: { readonly network: Network },
  ): Promise<{ endpointIds: string[] }> {
    const { vpcId, jobSubnetIds, jobRouteTableId, defaultSecurityGroupId } = network;
    // One zone: little goes this way, and each zone costs as much again.
    const place = { vpcId, subnetIds: jobSubnetIds.slice(0, 1), groupIds: [defaultSecurityGroupId] };
    const endpointIds = await settleAll(
      spec.endpoints.map(async (endpoint) => {
        const { endpointId } = await mutate.ensureInterfaceEndpoint(endpoint, place);
        await look.awaitVpcEndpointAvailable(endpoint, vpcId, endpointId);
        return endpointId;
      }),
    );
    await mutate.ensureDefaultRoute(spec.jobRouteTable, jobRouteTableId, null);
    return { endpointIds };
  },
  restore: (spec: ServiceEndpointsSpec, before) => restoreRoute(spec, before),
  undo: (spec: ServiceEndpointsSpec, removal) => removeAll(spec, removal),
  remaining: (spec: ServiceEndpointsSpec) => [
    {
      type: 'AWS::EC2::VPCEndpoint',
      names: spec.endpoints.map(({ name }) => name),
      look: (by) => find.findRemainingVpcEndpoints(spec, 'Interface', by),
    },
  ],
  /** They cost by the hour. */
  park: {
    expectedMs: minutes(3),
    type: 'AWS::EC2::VPCEndpoint',
    takes: ({ keptWhenParked }) => (keptWhenParked === 'all' ? [] : ['AWS::EC2::VPCEndpoint']),
    async run(spec, removal) {
      if (spec.keptWhenParked !== 'all') await removeAll(spec, removal);
    },
  },
});

/** Most workspaces have none: one look says so. */
const removeAll = async (spec: ServiceEndpointsSpec, removal: RemovalFor): Promise<void> => {
  const { endpoints, vpc } = spec;
  const { by, unsureSince } = removal('ensureInterfaceEndpoint');
  const look = () => insistently(() => find.findRemainingVpcEndpoints(spec, 'Interface', by));
  if (unsureSince === null && (await look()).length === 0) return;
  const remove = async (endpoint: VpcEndpointSpec) => {
    await undo.deleteVpcEndpoint(endpoint, vpc, removal('ensureInterfaceEndpoint'));
    await undo.awaitVpcEndpointGone(endpoint, vpc, removal('ensureInterfaceEndpoint'));
  };
  await takeAway(endpoints.map((endpoint) => () => remove(endpoint)));
};

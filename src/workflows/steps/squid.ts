import type { Network, Resolved, SquidSpec } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';
import { takeAway } from '../take-away.ts';

/** The proxy that the jobs' traffic passes: an instance that forwards, proved ready, and the jobs' default route to it. */
export const squid = defineStep({
  name: 'squid',
  expectedMs: minutes(6), // the instance boots and installs its proxy
  async make(spec: SquidSpec, net: Network, { squidImageId }: Resolved): Promise<{ instanceId: string }> {
    const { groupId } = await mutate.ensureSecurityGroup(spec.securityGroup, net.vpcId);
    const { instanceId } = await mutate.ensureInstance(spec.instance, net.firewallSubnetId, groupId, squidImageId);
    await look.awaitInstanceReady(spec.instance, instanceId);
    await mutate.ensureInstanceRoute(spec.jobRouteTable, net.jobRouteTableId, instanceId);
    return { instanceId };
  },
  async undo({ instance, securityGroup, vpc }: SquidSpec, removal) {
    const terminate = async () => {
      await undo.terminateInstance(instance, removal('ensureInstance'));
      await undo.awaitInstanceTerminated(instance, removal('ensureInstance'));
    };
    await takeAway([terminate], [() => undo.deleteSecurityGroup(securityGroup, vpc, removal('ensureSecurityGroup'))]);
  },
});

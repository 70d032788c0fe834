import type { Network, Resolved, SquidSpec } from '#domain/workspace/specs.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';
import { publicSubnetOf, restoreRoute } from './way-out.ts';

/** The proxy that the jobs' traffic passes: an instance that forwards, proved ready, and the jobs' default route to it. */
export const squid = defineStep({
  name: 'squid',
  expectedMs: minutes(6), // the instance boots and installs its proxy
  async make(
    spec: SquidSpec,
    { network, resolved: { squidImageId } }: { readonly network: Network; readonly resolved: Resolved },
  ): Promise<{ instanceId: string }> {
    const { groupId } = await mutate.ensureSecurityGroup(spec.securityGroup, network.vpcId);
    const { instanceId } = await mutate.ensureInstance(spec.instance, publicSubnetOf(network), groupId, squidImageId);
    await look.awaitInstanceReady(spec.instance, instanceId);
    await mutate.ensureDefaultRoute(spec.jobRouteTable, network.jobRouteTableId, { InstanceId: instanceId });
    return { instanceId };
  },
  restore: (spec: SquidSpec, before) => restoreRoute(spec, before),
  async undo({ instance, securityGroup, vpc }: SquidSpec, removal) {
    const terminate = async () => {
      await undo.terminateInstance(instance, removal('ensureInstance'));
      await undo.awaitInstanceTerminated(instance, removal('ensureInstance'));
    };
    await takeAway([terminate], [() => undo.deleteSecurityGroup(securityGroup, vpc, removal('ensureSecurityGroup'))]);
  },
  remaining: (spec: SquidSpec) => [
    {
      type: 'AWS::EC2::Instance',
      names: [spec.instance.name],
      look: (by) => find.findRemainingInstances(spec, by),
    },
    {
      type: 'AWS::EC2::SecurityGroup',
      names: [spec.securityGroup.name],
      look: (by) => find.findRemainingSecurityGroups(spec, by),
    },
  ],
  /** Its disk and its network interface go with the instance; its security group waits for the next one. */
  park: {
    expectedMs: minutes(3),
    type: 'AWS::EC2::Instance',
    takes: () => ['AWS::EC2::Instance', 'AWS::EC2::Volume', 'AWS::EC2::NetworkInterface'],
    async run({ instance }, removal) {
      await undo.terminateInstance(instance, removal());
      await undo.awaitInstanceTerminated(instance, removal());
    },
  },
});

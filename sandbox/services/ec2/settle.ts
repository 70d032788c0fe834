/**
 * Instances that have been shutting down long enough are terminated in moto, with the interfaces that go with them; and
 * NAT gateways that are deleted, and services that left, let go of theirs.
 */
import {
  DeleteNetworkInterfaceCommand,
  DescribeNetworkInterfacesCommand,
  DetachNetworkInterfaceCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { filterBy } from './lookup.ts';
import { settleNatGateways } from './nat-gateway-states.ts';
import { settleServiceInterfaces } from './service-interface-states.ts';
import type { Ec2Deps, InstanceCourse } from './state.ts';

interface Place {
  readonly account: string;
  readonly region: string;
}

export const settleInstances = async ({ world, of }: Ec2Deps, at: Place): Promise<void> => {
  await settleNatGateways({ world, of }, at);
  await settleServiceInterfaces({ world, of }, at);
  const ec2 = world.moto(EC2Client, at.account, at.region);
  const terminate = async ({ id, interfaceIds }: InstanceCourse): Promise<void> => {
    const attached = filterBy('attachment.instance-id', id);
    const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters: attached }));
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const { NetworkInterfaces: left = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
    for (const { NetworkInterfaceId, Attachment } of NetworkInterfaces) {
      if (!left.some((each) => each.NetworkInterfaceId === NetworkInterfaceId)) continue;
      // Those that came with the instance go with it; one that was attached later stays.
      if (interfaceIds.includes(String(NetworkInterfaceId))) {
        await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
      } else if (Attachment?.AttachmentId) {
        await ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId: Attachment.AttachmentId, Force: true }));
      }
    }
  };
  for (const course of of(at).instances.values()) {
    if (course.terminatedAt === undefined || world.now() < course.terminatedAt) continue;
    course.terminating ??= terminate(course).catch((error: unknown) => {
      course.terminating = undefined; // so that the next call tries again
      throw error;
    });
    await course.terminating;
  }
};

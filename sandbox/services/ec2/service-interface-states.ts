/** What an interface of another service shows, and its end. */
import { DeleteNetworkInterfaceCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Ec2Deps, Overlay, Params } from './state.ts';

/** Takes away those whose time has come. */
export const settleServiceInterfaces = async (
  { world, of }: Pick<Ec2Deps, 'world' | 'of'>,
  at: { account: string; region: string },
): Promise<void> => {
  const { serviceInterfaces } = of(at);
  for (const [id, { goneAt }] of serviceInterfaces) {
    if (goneAt === undefined || world.now() < goneAt) continue;
    // First, so that a second call in the meantime leaves it alone.
    serviceInterfaces.delete(id);
    await world
      .moto(EC2Client, at.account, at.region)
      .send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
  }
};

/** As everybody but their service sees them. */
export const currentInterface = <I extends object>({ serviceInterfaces }: Overlay, given: I): I => {
  const course = serviceInterfaces.get(String((given as Params).NetworkInterfaceId));
  if (!course) return given;
  const Attachment = { InstanceOwnerId: course.requester, Status: 'attached', DeleteOnTermination: false };
  return { ...given, Status: 'in-use', RequesterManaged: true, RequesterId: course.requester, Attachment };
};

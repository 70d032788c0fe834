/**
 * The state that a NAT gateway shows at a moment, and what it lets go of at its end.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
 */
import {
  DeleteNetworkInterfaceCommand,
  DescribeNatGatewaysCommand,
  DisassociateAddressCommand,
  EC2Client,
  type NatGateway,
  type NatGatewayState,
} from '@aws-sdk/client-ec2';
import type { World } from '../../core/world.ts';
import type { Ec2Deps, Overlay } from './state.ts';

/** With the state of this moment. Those that were deleted stay to be seen. */
export const currentNatGateway = (world: World, { natGateways }: Overlay, gateway: NatGateway): NatGateway => {
  const course = natGateways.get(String(gateway.NatGatewayId));
  if (!course) return gateway;
  const { availableAt, failure, goneAt } = course;
  const State = (): NatGatewayState => {
    if (goneAt !== undefined) return world.now() < goneAt ? 'deleting' : 'deleted';
    if (world.now() < availableAt) return 'pending';
    return failure ? 'failed' : 'available';
  };
  const state = State();
  const shown = state === 'failed' && { FailureCode: failure?.code, FailureMessage: failure?.message };
  return { ...gateway, State: state, ...shown };
};

/** Those that count against the quota, and that a route can lead to. */
export const isAlive = ({ State }: NatGateway): boolean => State !== 'deleted' && State !== 'failed';

export const natGatewaysOf = async (
  { world, of }: Pick<Ec2Deps, 'world' | 'of'>,
  at: { account: string; region: string },
): Promise<NatGateway[]> => {
  const { NatGateways = [] } = await world
    .moto(EC2Client, at.account, at.region)
    .send(new DescribeNatGatewaysCommand({}));
  return NatGateways.map((gateway) => currentNatGateway(world, of(at), gateway));
};

/** A gateway whose deletion is over lets go of its address and its interface. moto keeps both. */
export const settleNatGateways = async (
  { world, of }: Pick<Ec2Deps, 'world' | 'of'>,
  at: { account: string; region: string },
): Promise<void> => {
  const due = [...of(at).natGateways].filter(
    ([, { goneAt, released }]) => goneAt !== undefined && goneAt <= world.now() && !released,
  );
  if (due.length === 0) return;
  const ec2 = world.moto(EC2Client, at.account, at.region);
  const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({}));
  for (const [id, course] of due) {
    course.released ??= (async () => {
      const gateway = NatGateways.find(({ NatGatewayId }) => NatGatewayId === id);
      for (const { AssociationId, NetworkInterfaceId } of gateway?.NatGatewayAddresses ?? []) {
        if (AssociationId) await ec2.send(new DisassociateAddressCommand({ AssociationId }));
        if (NetworkInterfaceId) await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
      }
    })();
    await course.released;
  }
};

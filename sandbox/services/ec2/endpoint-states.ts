/**
 * The state that a VPC endpoint shows at a moment.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
 */
import type { State, VpcEndpoint } from '@aws-sdk/client-ec2';
import type { World } from '../../core/world.ts';
import type { Overlay } from './state.ts';

/** With the states of this moment; without those that are gone. */
export const currentEndpoints = (world: World, overlay: Overlay, endpoints: readonly VpcEndpoint[]): VpcEndpoint[] =>
  endpoints.flatMap((endpoint) => {
    const course = overlay.endpoints.get(String(endpoint.VpcEndpointId)) ?? { availableAt: 0, goneAt: 0 };
    const { availableAt, goneAt = 0, privateDns } = course;
    const isDeleted = endpoint.State?.toLowerCase() === 'deleted';
    if (isDeleted && world.now() >= goneAt) return [];
    const State = (isDeleted ? 'deleting' : world.now() < availableAt ? 'pending' : 'available') as State;
    return [
      {
        ...endpoint,
        State,
        ...(isDeleted && { RouteTableIds: [] }),
        ...(privateDns !== undefined && { PrivateDnsEnabled: privateDns }),
      },
    ];
  });

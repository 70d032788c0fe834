/** The default route of a route table. */
import { CreateRouteCommand, ReplaceRouteCommand, type RouteTable } from '@aws-sdk/client-ec2';
import type { Ec2 } from './client.ts';

const EVERYWHERE = '0.0.0.0/0';

export type RouteTarget = { readonly GatewayId: string } | { readonly InstanceId: string };

/** Created, or replaced where it leads elsewhere. A route to a terminated instance names no instance any more. */
export const convergeDefaultRoute = async (ec2: Ec2, table: RouteTable, target: RouteTarget): Promise<void> => {
  const route = table.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
  const leadsThere =
    'GatewayId' in target ? route?.GatewayId === target.GatewayId : route?.InstanceId === target.InstanceId;
  if (route && leadsThere) return;
  const wanted = { RouteTableId: table.RouteTableId, DestinationCidrBlock: EVERYWHERE, ...target };
  if (route) await ec2.send(new ReplaceRouteCommand(wanted));
  else await ec2.send(new CreateRouteCommand(wanted));
};

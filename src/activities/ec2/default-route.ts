/** The default route of a route table. */
import { CreateRouteCommand, DeleteRouteCommand, ReplaceRouteCommand, type RouteTable } from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import type { Ec2 } from './client.ts';

const EVERYWHERE = '0.0.0.0/0';

export type RouteTarget =
  | { readonly GatewayId: string }
  | { readonly InstanceId: string }
  | { readonly NatGatewayId: string };

const TARGETS = ['GatewayId', 'InstanceId', 'NatGatewayId'] as const;

const routeOf = ({ Routes }: RouteTable) =>
  Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);

/** Where it leads; null where there is none. A route to a terminated instance names no instance any more: undefined. */
export const defaultTargetOf = (table: RouteTable): RouteTarget | null | undefined => {
  const route = routeOf(table);
  if (!route) return null;
  const name = TARGETS.find((each) => route[each] !== undefined);
  return name && ({ [name]: route[name] } as unknown as RouteTarget);
};

/** Created, or replaced where it leads elsewhere; taken away where it is to lead nowhere. */
export const convergeDefaultRoute = async (ec2: Ec2, table: RouteTable, target: RouteTarget | null): Promise<void> => {
  const present = defaultTargetOf(table);
  if (JSON.stringify(present) === JSON.stringify(target)) return;
  const route = { RouteTableId: table.RouteTableId, DestinationCidrBlock: EVERYWHERE };
  if (target === null) await ec2.send(new DeleteRouteCommand(route)).catch(ignoreNotFound);
  else if (present === null) await ec2.send(new CreateRouteCommand({ ...route, ...target }));
  else await ec2.send(new ReplaceRouteCommand({ ...route, ...target }));
};

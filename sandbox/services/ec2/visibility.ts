/**
 * Eventual consistency: for about a second (times the scale) after a create, describes do not know the resource: a list
 * leaves it out, an id is "not found". Calls that change something find it.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */

import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { type Ec2Deps, type Overlay, type Params, succeeded, textsOf } from './state.ts';

const VISIBLE_AFTER_MS = 1_000;
const VPC_AVAILABLE_AFTER_MS = 2_000;
const SPREAD = 0.5;

interface Kind {
  readonly ids: string;
  readonly list: string;
  readonly id: string;
  readonly code: string;
  readonly noun: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  DescribeVpcs: { ids: 'VpcIds', list: 'Vpcs', id: 'VpcId', code: 'InvalidVpcID.NotFound', noun: 'vpc ID' },
  DescribeSubnets: {
    ids: 'SubnetIds',
    list: 'Subnets',
    id: 'SubnetId',
    code: 'InvalidSubnetID.NotFound',
    noun: 'subnet ID',
  },
  DescribeInternetGateways: {
    ids: 'InternetGatewayIds',
    list: 'InternetGateways',
    id: 'InternetGatewayId',
    code: 'InvalidInternetGatewayID.NotFound',
    noun: 'internetGateway ID',
  },
  DescribeRouteTables: {
    ids: 'RouteTableIds',
    list: 'RouteTables',
    id: 'RouteTableId',
    code: 'InvalidRouteTableID.NotFound',
    noun: 'routeTable ID',
  },
  DescribeSecurityGroups: {
    ids: 'GroupIds',
    list: 'SecurityGroups',
    id: 'GroupId',
    code: 'InvalidGroup.NotFound',
    noun: 'security group',
  },
  DescribeVpcEndpoints: {
    ids: 'VpcEndpointIds',
    list: 'VpcEndpoints',
    id: 'VpcEndpointId',
    code: 'InvalidVpcEndpointId.NotFound',
    noun: 'Vpc Endpoint Id',
  },
  DescribeAddresses: {
    ids: 'AllocationIds',
    list: 'Addresses',
    id: 'AllocationId',
    code: 'InvalidAllocationID.NotFound',
    noun: 'allocation ID',
  },
};

/** Notes that a resource has just been made. */
export const appears = (world: World, overlay: Overlay, id: string): void => {
  const delay = world.delay(VISIBLE_AFTER_MS, SPREAD);
  if (delay > 0) overlay.visibleAt.set(id, world.now() + delay);
};

export const isHidden = (world: World, overlay: Overlay, id: unknown): boolean => {
  const at = overlay.visibleAt.get(String(id));
  if (at === undefined) return false;
  if (world.now() < at) return true;
  overlay.visibleAt.delete(String(id));
  return false;
};

/** @throws the kind's NotFound for an id that was made a moment ago. */
export const refuseHidden = (
  world: World,
  overlay: Overlay,
  ids: readonly string[],
  kind: Omit<Kind, 'list'>,
): void => {
  const hidden = ids.find((id) => isHidden(world, overlay, id));
  if (hidden) throw new AwsError(kind.code, `The ${kind.noun} '${hidden}' does not exist`);
};

/** Runs a create and hides what it made. */
export const appearing =
  ({ world, of }: Ec2Deps, path: readonly [string, string], rule: Rule): Rule =>
  async (call, forward) => {
    const answer = await rule(call, forward);
    if (!succeeded(answer)) return answer;
    const [member, name] = path;
    const result = world.decode(call, answer);
    const made = (member === '' ? result : result[member]) as Params | undefined;
    const id = String(made?.[name]);
    const overlay = of(call);
    appears(world, overlay, id);
    if (call.operation === 'CreateVpc') {
      const delay = world.delay(VPC_AVAILABLE_AFTER_MS, SPREAD);
      if (delay > 0) overlay.availableAt.set(id, world.now() + delay);
      return world.answer(call, { ...result, Vpc: { ...made, ...(delay > 0 && { State: 'pending' }) } });
    }
    return answer;
  };

/** A describe without what is still hidden; `amend` may change the items that are left. */
export const visible =
  (deps: Ec2Deps, operation: string, amend?: (items: Params[], overlay: Overlay) => Params[]): Rule =>
  async (call, forward) => {
    const { world, of } = deps;
    const kind = KINDS[operation];
    if (!kind) return forward();
    const overlay = of(call);
    refuseHidden(world, overlay, textsOf(call.params, kind.ids), kind);
    const answer = await forward();
    if (!succeeded(answer) || (overlay.visibleAt.size === 0 && overlay.availableAt.size === 0 && !amend)) return answer;
    const result = world.decode(call, answer);
    const items = ((result[kind.list] ?? []) as Params[])
      // What comes with a VPC (main route table, default group) comes into sight with it.
      .filter((item) => !isHidden(world, overlay, item[kind.id]) && !isHidden(world, overlay, item.VpcId));
    return world.answer(call, { ...result, [kind.list]: amend ? amend(items, overlay) : items });
  };

export const pendingVpcs =
  ({ world }: Ec2Deps) =>
  (items: Params[], overlay: Overlay): Params[] =>
    items.map((item) => {
      const at = overlay.availableAt.get(String(item.VpcId));
      if (at === undefined) return item;
      if (world.now() < at) return { ...item, State: 'pending' };
      overlay.availableAt.delete(String(item.VpcId));
      return item;
    });

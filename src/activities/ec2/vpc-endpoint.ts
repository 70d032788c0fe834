/**
 * Endpoints of a VPC; how those with an interface are made stands in interface-endpoint.ts. A gateway
 * endpoint is free, and a route in each of its tables that takes the traffic to one service past everything else. A table
 * has one such route per service, so an endpoint that is in the VPC already is used, whoever made it: with the policy that
 * it has, since that is somebody's decision.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
 */
import {
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcEndpointsCommand,
  type Filter,
  ModifyVpcEndpointCommand,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { classify, ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { isForeign, isOwnedBy, type Made, mayRemove, type Removal, RUN_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { VpcEndpointSpec, VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';
import { findOwnVpcs } from './vpc.ts';

export const TYPE = 'AWS::EC2::VPCEndpoint';

export const findVpcEndpoints = (ec2: Ec2, Filters: Filter[]): Promise<VpcEndpoint[]> =>
  collect(async (NextToken) => {
    const { VpcEndpoints, NextToken: next } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters, NextToken }));
    return { items: VpcEndpoints, next };
  });

export const vpcEndpointActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = (ec2: Ec2, spec: VpcEndpointSpec, { vpcId, routeTableIds }: Place): Promise<VpcEndpoint> =>
    createWithToken({
      deps,
      what: `endpoint ${spec.name}`,
      token: [spec.owner, 'vpc-endpoint', spec.name, vpcId, ...routeTableIds],
      idOf: ({ VpcEndpointId }) => VpcEndpointId,
      async create(ClientToken) {
        const command = new CreateVpcEndpointCommand({
          VpcId: vpcId,
          VpcEndpointType: 'Gateway',
          ServiceName: spec.serviceName,
          RouteTableIds: [...routeTableIds],
          ClientToken,
          TagSpecifications: tagsAtCreation('vpc-endpoint', spec),
        });
        return (await ec2.send(command)).VpcEndpoint ?? {};
      },
      isVisible: async ({ VpcEndpointId = '' }) =>
        (await findVpcEndpoints(ec2, filters({ 'vpc-id': vpcId }))).some(
          (each) => each.VpcEndpointId === VpcEndpointId,
        ),
    });

  const ensure = async (spec: VpcEndpointSpec, place: Place): Promise<{ made: Made; endpointId: string }> => {
    const { name, tags } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const there = await findEndpoints(ec2, spec, [place.vpcId]);
    const found = usable(there, spec);
    if (!found) {
      const endpointId = (await create(ec2, spec, place)).VpcEndpointId ?? '';
      return { made: { type: TYPE, id: endpointId, name, origin: 'created' }, endpointId };
    }
    const endpointId = found.VpcEndpointId ?? '';
    if (stateOf(found) === 'deleting')
      throw lookAgain(`endpoint ${endpointId} is being deleted; another is made then`, deps);
    // What was named by somebody else keeps its name.
    const wanted = { ...spec, tags: tagsOf(found.Tags).Name === undefined ? tags : {} };
    const made = await adoptTagged(ec2, { type: TYPE, id: endpointId, name, tags: found.Tags }, wanted);
    const routed = there.flatMap(({ RouteTableIds = [] }) => RouteTableIds);
    const AddRouteTableIds = place.routeTableIds.filter((id) => !routed.includes(id));
    if (AddRouteTableIds.length > 0) {
      await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: endpointId, AddRouteTableIds }));
    }
    if (made.origin === 'created' && !isOpen(found)) {
      await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: endpointId, ResetPolicy: true }));
    }
    return { made, endpointId };
  };

  /** Those that the removal takes. */
  const own = async (spec: VpcEndpointSpec, vpc: VpcSpec, removal: Removal) => {
    const ec2 = deps.aws.ec2(spec.account);
    const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
    const found = vpcIds.length > 0 ? await findEndpoints(ec2, spec, vpcIds) : [];
    return { ec2, found, taken: found.filter(({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal)) };
  };

  return {
    /** With a route in each of these tables. @throws Conflict; QuotaExceeded; AlreadyExists while not visible yet. */
    ensureVpcEndpoint: (spec: VpcEndpointSpec, vpcId: string, routeTableIds: string[]) =>
      whenVisible(`endpoint ${spec.name}`, deps, () => ensure(spec, { vpcId, routeTableIds })),

    /** One look. @throws NotYet until it is available; Invalid where it has failed. */
    async awaitVpcEndpointAvailable(spec: VpcEndpointSpec, vpcId: string, endpointId: string): Promise<void> {
      const there = await findVpcEndpoints(deps.aws.ec2(spec.account), filters({ 'vpc-id': vpcId }));
      const state = stateOf(there.find(({ VpcEndpointId }) => VpcEndpointId === endpointId));
      if (state === 'available') return;
      if (ENDED.includes(state)) throw fail('Invalid', `endpoint ${endpointId} (${spec.name}) is ${state}`);
      throw lookAgain(`endpoint ${endpointId} is ${state || 'not visible yet'}`, deps);
    },

    /** Its routes go with it. @throws NotYet where a create may not be visible yet. */
    async deleteVpcEndpoint(spec: VpcEndpointSpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const { ec2, found, taken } = await own(spec, vpc, removal);
      if (found.length === 0) return believeAbsent(`endpoint ${spec.name}`, removal, deps);
      const alive = taken.filter((endpoint) => stateOf(endpoint) !== 'deleting');
      if (alive.length > 0)
        await remove(
          ec2,
          alive.map(({ VpcEndpointId = '' }) => VpcEndpointId),
        );
    },

    /** One look. @throws NotYet while one is left that the removal takes. */
    async awaitVpcEndpointGone(spec: VpcEndpointSpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const [left] = (await own(spec, vpc, removal)).taken;
      if (left) throw lookAgain(`endpoint ${left.VpcEndpointId} is ${stateOf(left)}`, deps);
    },

    async findRemainingVpcEndpoints(
      spec: Spec,
      type: VpcEndpointSpec['type'],
      by: Removal['by'],
    ): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        {
          find: async (Filters) =>
            (await findVpcEndpoints(ec2, Filters)).filter((each) => each.VpcEndpointType === type),
          name: ({ VpcEndpointId: id }) => ({ id }),
        },
        spec,
        by,
      );
    },
  };
};

interface Place {
  readonly vpcId: string;
  readonly routeTableIds: readonly string[];
}

/** It won't come to be any more. */
const ENDED: readonly string[] = ['failed', 'rejected', 'expired'];

/** AWS writes the states in small letters, its model with a capital. */
export const stateOf = (endpoint: VpcEndpoint | undefined): string => (endpoint?.State ?? '').toLowerCase();

export const findEndpoints = async (
  ec2: Ec2,
  { serviceName, type }: VpcEndpointSpec,
  vpcIds: readonly string[],
): Promise<VpcEndpoint[]> => {
  const found = await findVpcEndpoints(ec2, filters({ 'vpc-id': vpcIds, 'service-name': serviceName }));
  return found.filter((each) => each.VpcEndpointType === type && stateOf(each) !== 'deleted');
};

/** Ours by tag; else the first that is nobody's, or, so that it is refused, somebody else's. */
export const usable = (there: readonly VpcEndpoint[], { owner }: VpcEndpointSpec): VpcEndpoint | undefined => {
  const sorted = there.toSorted((one, other) => (String(one.VpcEndpointId) < String(other.VpcEndpointId) ? -1 : 1));
  const ours = sorted.filter(({ Tags }) => isOwnedBy(tagsOf(Tags), owner));
  return (
    ours.find(({ Tags }) => tagsOf(Tags)[RUN_TAG] !== owner.run) ??
    ours[0] ??
    sorted.find(({ Tags }) => !isForeign(tagsOf(Tags), owner)) ??
    sorted[0]
  );
};

/** Everything is allowed, which is what an endpoint has that was made without a policy. */
export const isOpen = ({ PolicyDocument }: VpcEndpoint): boolean => {
  if (!PolicyDocument) return true;
  const { Statement } = JSON.parse(PolicyDocument) as { Statement?: Record<string, unknown>[] };
  const [only, ...others] = Statement ?? [];
  const open = only?.Effect === 'Allow' && only.Action === '*' && only.Resource === '*' && only.Principal === '*';
  return open && others.length === 0 && only?.Condition === undefined;
};

/** The call succeeds although an endpoint could not be deleted: its answer says so. */
const remove = async (ec2: Ec2, VpcEndpointIds: string[]): Promise<void> => {
  const { Unsuccessful = [], $metadata } = await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds }));
  for (const { ResourceId, Error: refused } of Unsuccessful) {
    const shape = {
      name: refused?.Code,
      message: `${ResourceId}: ${refused?.Message}`,
      $metadata: { ...$metadata, httpStatusCode: 400 },
    };
    const failure = classify(shape, { operation: 'ec2:DeleteVpcEndpoints', write: true });
    await Promise.reject(failure).catch(ignoreNotFound);
  }
};

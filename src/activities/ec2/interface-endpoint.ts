/**
 * An endpoint with an interface of its own: a service under its usual name, inside the VPC. A VPC takes one per name, so
 * one that is there already is used, whoever made it: with the policy that it has.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
 */
import { CreateVpcEndpointCommand, ModifyVpcEndpointCommand, type VpcEndpoint } from '@aws-sdk/client-ec2';
import { type Made, tagsOf } from '#domain/core/ownership.ts';
import type { VpcEndpointSpec } from '#domain/resources/network.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';
import { findEndpoints, findVpcEndpoints, isOpen, stateOf, TYPE, usable } from './vpc-endpoint.ts';

export const interfaceEndpointActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = (ec2: Ec2, spec: VpcEndpointSpec, { vpcId, subnetIds, groupIds }: Place): Promise<VpcEndpoint> =>
    createWithToken({
      deps,
      what: `endpoint ${spec.name}`,
      token: [spec.owner, 'interface', spec.name, vpcId, ...subnetIds, ...groupIds],
      idOf: ({ VpcEndpointId }) => VpcEndpointId,
      async create(ClientToken) {
        const command = new CreateVpcEndpointCommand({
          VpcId: vpcId,
          VpcEndpointType: 'Interface',
          ServiceName: spec.serviceName,
          SubnetIds: [...subnetIds],
          SecurityGroupIds: [...groupIds],
          PrivateDnsEnabled: true,
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
    const found = usable(await findEndpoints(ec2, spec, [place.vpcId]), spec);
    if (!found) {
      const endpointId = (await create(ec2, spec, place)).VpcEndpointId ?? '';
      return { made: { type: TYPE, id: endpointId, name, origin: 'created' }, endpointId };
    }
    const endpointId = found.VpcEndpointId ?? '';
    if (stateOf(found) === 'deleting') {
      throw lookAgain(`endpoint ${endpointId} is being deleted; another is made then`, deps);
    }
    // What was named by somebody else keeps its name.
    const wanted = { ...spec, tags: tagsOf(found.Tags).Name === undefined ? tags : {} };
    const made = await adoptTagged(ec2, { type: TYPE, id: endpointId, name, tags: found.Tags }, wanted);
    const change = {
      ...lackingGroups(found, place),
      ...(found.PrivateDnsEnabled === false && { PrivateDnsEnabled: true }),
      ...(made.origin === 'created' && !isOpen(found) && { ResetPolicy: true }),
    };
    if (Object.keys(change).length > 0) {
      // AWS changes no endpoint that is still being made.
      if (stateOf(found) === 'pending') throw lookAgain(`endpoint ${endpointId} is pending`, deps);
      await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: endpointId, ...change }));
    }
    return { made, endpointId };
  };

  return {
    /**
     * In these subnets, open to the members of these groups. One that is there keeps its subnets: from all zones it is
     * reached just as well.
     * @throws Conflict; QuotaExceeded; NotYet while an earlier one is going.
     */
    ensureInterfaceEndpoint: (spec: VpcEndpointSpec, place: Place) =>
      whenVisible(`endpoint ${spec.name}`, deps, () => ensure(spec, place)),
  };
};

interface Place {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly groupIds: readonly string[];
}

const lackingGroups = ({ Groups = [] }: VpcEndpoint, { groupIds }: Place) => {
  const AddSecurityGroupIds = groupIds.filter((id) => !Groups.some(({ GroupId }) => GroupId === id));
  return AddSecurityGroupIds.length > 0 ? { AddSecurityGroupIds } : {};
};

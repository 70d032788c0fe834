/**
 * Interfaces that other services put into a subnet (mount targets, file systems): in use from the start, held against
 * their owner's hands, gone some time after their service let go of them.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
 */
import { CreateNetworkInterfaceCommand, EC2Client, ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { Ec2 } from './contract.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { currentInterface } from './service-interface-states.ts';
import { settleInstances } from './settle.ts';
import { type Ec2Deps, mutation, objectsOf, succeeded, textOf } from './state.ts';

type Offers = Pick<
  Ec2,
  'subnets' | 'securityGroups' | 'createInterface' | 'changeInterfaceGroups' | 'releaseInterface'
>;

/** By filters, so that an absent one is left out of the answer and no error. */
export const serviceInterfaceOffers = ({ world, of }: Ec2Deps, lookup: Lookup): Offers => ({
  subnets: (at, ids) => lookup.subnets(at, filterBy('subnet-id', ...ids)),
  securityGroups: (at, ids, vpcId) =>
    ids.length > 0
      ? lookup.groups(at, filterBy('group-id', ...ids))
      : lookup.groups(at, [...filterBy('vpc-id', vpcId), ...filterBy('group-name', 'default')]),
  async createInterface(at, { subnetId, securityGroupIds, description, requester }) {
    const { NetworkInterface: made } = await world.moto(EC2Client, at.account, at.region).send(
      new CreateNetworkInterfaceCommand({
        SubnetId: subnetId,
        Groups: [...securityGroupIds],
        Description: description,
      }),
    );
    const id = String(made?.NetworkInterfaceId);
    of(at).serviceInterfaces.set(id, { requester, goneAt: undefined });
    return { id, privateIp: String(made?.PrivateIpAddress), vpcId: String(made?.VpcId) };
  },
  async changeInterfaceGroups(at, id, securityGroupIds) {
    await world
      .moto(EC2Client, at.account, at.region)
      .send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Groups: [...securityGroupIds] }));
  },
  releaseInterface(at, id, goneAt) {
    const course = of(at).serviceInterfaces.get(id);
    if (course) course.goneAt = goneAt;
  },
});

export const serviceInterfaceRules = (deps: Ec2Deps): Record<string, Rule> => ({
  DescribeNetworkInterfaces: describe(deps),
  DeleteNetworkInterface: mutation(deps, remove(deps)),
});

const describe =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const overlay = deps.of(call);
    const answer = await forward();
    if (!succeeded(answer) || overlay.serviceInterfaces.size === 0) return answer;
    const result = deps.world.decode(call, answer);
    const shown = objectsOf(result, 'NetworkInterfaces').map((each) => currentInterface(overlay, each));
    return deps.world.answer(call, { ...result, NetworkInterfaces: shown });
  };

const remove =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const id = textOf(call.params, 'NetworkInterfaceId');
    if (deps.of(call).serviceInterfaces.has(id)) {
      throw new AwsError('InvalidParameterValue', `Network interface '${id}' is currently in use.`);
    }
    return forward();
  };

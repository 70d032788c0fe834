/**
 * A security group, and the VPC's default one. A group's name is unique in its VPC.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
 */
import { DeleteSecurityGroupCommand, type SecurityGroup } from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { SecurityGroupSpec, VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { removeWithBlockers } from './blockers.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { ensureGroup, findSecurityGroups, type GroupRules } from './security-group-parts.ts';
import { findOwnVpcs } from './vpc.ts';

/** Its one ingress rule, and everything out. */
const rulesOf = ({ ingress: { fromPort, toPort, cidr } }: SecurityGroupSpec): GroupRules => ({
  ingress: [{ IpProtocol: 'tcp', FromPort: fromPort, ToPort: toPort, IpRanges: [{ CidrIp: cidr }] }],
  egress: 'open',
});

export const securityGroupActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const find = async (ec2: Ec2, vpcIds: readonly string[], name: string): Promise<SecurityGroup[]> =>
    vpcIds.length === 0 ? [] : findSecurityGroups(ec2, filters({ 'vpc-id': vpcIds, 'group-name': name }));

  return {
    /** With its one ingress rule and no other, and open egress. @throws Conflict; AlreadyExists while not visible yet. */
    ensureSecurityGroup: (spec: SecurityGroupSpec, vpcId: string) =>
      whenVisible(`security group ${spec.name}`, deps, () =>
        ensureGroup(deps.aws.ec2(spec.account), spec, vpcId, () => rulesOf(spec)),
      ),

    /** The group that the workers run in. One look. @throws NotYet while it is not visible. */
    async findDefaultSecurityGroup(spec: VpcSpec, vpcId: string): Promise<string> {
      const [group] = await find(deps.aws.ec2(spec.account), [vpcId], 'default');
      if (group?.GroupId) return group.GroupId;
      throw lookAgain(`the default security group of ${vpcId} is not visible yet`, deps);
    },

    /** @throws NotYet while an interface uses it, or a create may not be visible yet. */
    async deleteSecurityGroup(spec: SecurityGroupSpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
      const found = await find(ec2, vpcIds, spec.name);
      if (found.length === 0) return believeAbsent(`security group ${spec.name}`, removal, deps);
      for (const { GroupId, VpcId = '', Tags } of found) {
        if (!mayRemove(tagsOf(Tags), spec.owner, removal)) continue;
        const removing = { ec2, deps, owner: spec.owner, removal, what: `security group ${GroupId}`, vpcId: VpcId };
        await removeWithBlockers(removing, () =>
          ec2.send(new DeleteSecurityGroupCommand({ GroupId })).catch(ignoreNotFound),
        );
      }
    },

    async findRemainingSecurityGroups(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        {
          find: (Filters) => findSecurityGroups(ec2, Filters),
          name: ({ GroupId: id, GroupName: name }) => ({ id, name }),
        },
        spec,
        by,
      );
    },
  };
};

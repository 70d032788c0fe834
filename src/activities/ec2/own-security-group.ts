/**
 * A security group whose members talk to each other on some ports, and to nobody else by it: what mounts a file system,
 * and what it is mounted from. It stands in a VPC that is somebody else's, so it is found by its owner's tag in all VPCs.
 * @see https://docs.aws.amazon.com/efs/latest/ug/network-access.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
 */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeNetworkInterfacesCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { factsOf } from '#domain/core/failures.ts';
import {
  kindTag,
  type Made,
  mayRemove,
  ownerTagKeys,
  RETAINED_TAG,
  type Removal,
  tagList,
  tagsOf,
} from '#domain/core/ownership.ts';
import type { OwnSecurityGroupSpec } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { difference, EVERYTHING } from './permissions.ts';
import { findSecurityGroups } from './security-group.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::SecurityGroup';

const NAMED_MAX = 5;

export const ownSecurityGroupActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const ensure = async (spec: OwnSecurityGroupSpec, vpcId: string): Promise<{ made: Made; groupId: string }> => {
    const { name, description } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const [found] = await findSecurityGroups(ec2, filters({ 'vpc-id': vpcId, 'group-name': name }));
    if (found) {
      const groupId = found.GroupId ?? '';
      const made = await adoptTagged(ec2, { type: TYPE, id: groupId, name, tags: found.Tags }, spec);
      await convergeRules(ec2, found, spec);
      return { made, groupId };
    }
    const { GroupId: groupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: description,
        VpcId: vpcId,
        TagSpecifications: tagsAtCreation('security-group', spec),
      }),
    );
    await convergeRules(ec2, { GroupId: groupId, IpPermissionsEgress: [EVERYTHING] }, spec);
    return { made: { type: TYPE, id: groupId, name, origin: 'created' }, groupId };
  };

  /** Of the owner, in whatever VPC. */
  const findOwn = (spec: OwnSecurityGroupSpec): Promise<SecurityGroup[]> => {
    const { account, owner, name } = spec;
    const wanted = filters({ [`tag:${kindTag(owner.kind)}`]: owner.id, 'group-name': name });
    return findSecurityGroups(deps.aws.ec2(account), wanted);
  };

  return {
    /** With its rules and no other. @throws Conflict; AlreadyExists while not visible yet. */
    ensureOwnSecurityGroup: (spec: OwnSecurityGroupSpec, vpcId: string) =>
      whenVisible(`security group ${spec.name}`, deps, () => ensure(spec, vpcId)),

    /** Stays with the file system that it protects: nobody's from then on. */
    async releaseOwnSecurityGroup(spec: OwnSecurityGroupSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      for (const { GroupId = '', Tags } of await findOwn(spec)) {
        if (!mayRemove(tagsOf(Tags), spec.owner, removal)) continue;
        const Resources = [GroupId];
        await ec2.send(new CreateTagsCommand({ Resources, Tags: tagList({ [RETAINED_TAG]: spec.owner.id }) }));
        const ours = ownerTagKeys(spec.owner).map((Key) => ({ Key }));
        await ec2.send(new DeleteTagsCommand({ Resources, Tags: ours }));
      }
    },

    /** @throws NotYet while an interface uses it, or a create may not be visible yet. */
    async deleteOwnSecurityGroup(spec: OwnSecurityGroupSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const found = await findOwn(spec);
      if (found.length === 0) return believeAbsent(`security group ${spec.name}`, removal, deps);
      for (const { GroupId = '', Tags } of found) {
        if (!mayRemove(tagsOf(Tags), spec.owner, removal)) continue;
        await ec2.send(new DeleteSecurityGroupCommand({ GroupId })).catch(async (error: unknown) => {
          if (!isAwsCode(error, 'DependencyViolation')) return ignoreNotFound(error);
          const holders = await findHolders(ec2, GroupId);
          throw lookAgain(`security group ${GroupId} (${spec.name}) is held by ${holders}`, deps, factsOf(error));
        });
      }
    },

    async findRemainingOwnSecurityGroup(spec: OwnSecurityGroupSpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await findOwn(spec);
      return remainingOf(
        found.map(({ GroupId: id, GroupName: name, Tags }) => ({ id, name, tags: tagsOf(Tags) })),
        spec.owner,
        by,
      );
    },
  };
};

/** Whoever waits sees what for: interfaces of a file system go some minutes after it. */
const findHolders = async (ec2: Ec2, groupId: string): Promise<string> => {
  const interfaces = await collect(async (NextToken) => {
    const Filters = filters({ 'group-id': groupId });
    const answer = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters, NextToken }));
    return { items: answer.NetworkInterfaces, next: answer.NextToken };
  });
  const groups = await findSecurityGroups(ec2, filters({ 'ip-permission.group-id': groupId }));
  const names = [
    ...interfaces.map(({ NetworkInterfaceId, Description }) =>
      Description ? `interface ${NetworkInterfaceId} (${Description})` : `interface ${NetworkInterfaceId}`,
    ),
    ...groups.filter(({ GroupId }) => GroupId !== groupId).map(({ GroupId }) => `a rule of security group ${GroupId}`),
  ];
  if (names.length === 0) return 'something that goes';
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
};

/**
 * Out as well as in: an instance that is a member has the rules of its other groups besides, and this one opens nothing
 * that they keep shut. First what is missing, then away with what is too much: what is mounted is never cut off.
 */
const convergeRules = async (ec2: Ec2, group: SecurityGroup, { fromMembers }: OwnSecurityGroupSpec): Promise<void> => {
  const { GroupId } = group;
  const wanted: IpPermission[] = fromMembers.map(({ fromPort, toPort }) => ({
    IpProtocol: 'tcp',
    FromPort: fromPort,
    ToPort: toPort,
    UserIdGroupPairs: [{ GroupId }],
  }));
  const ingress = difference(group.IpPermissions, wanted);
  const egress = difference(group.IpPermissionsEgress, wanted);
  if (ingress.lacking.length > 0)
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ingress.lacking }));
  if (egress.lacking.length > 0)
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: egress.lacking }));
  if (ingress.tooMuch.length > 0)
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: ingress.tooMuch }));
  if (egress.tooMuch.length > 0)
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: egress.tooMuch }));
};

/**
 * A security group whose members talk to each other on some ports, and to nobody else by it: what mounts a file system,
 * and what it is mounted from. It stands in a VPC that is somebody else's, so it is found by its owner's tag in all VPCs.
 * @see https://docs.aws.amazon.com/efs/latest/ug/network-access.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
 */
import {
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeNetworkInterfacesCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { factsOf } from '#domain/core/failures.ts';
import {
  kindTag,
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
import { ensureGroup, findSecurityGroups, type GroupRules } from './security-group-parts.ts';

const NAMED_MAX = 5;

/**
 * Out as well as in: an instance that is a member has the rules of its other groups besides, and this one opens nothing
 * that they keep shut.
 */
const rulesOf = ({ fromMembers }: OwnSecurityGroupSpec, GroupId: string): GroupRules => {
  const members = fromMembers.map(({ fromPort, toPort }) => ({
    IpProtocol: 'tcp',
    FromPort: fromPort,
    ToPort: toPort,
    UserIdGroupPairs: [{ GroupId }],
  }));
  return { ingress: members, egress: members };
};

export const ownSecurityGroupActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  /** Of the owner, in whatever VPC. */
  const findOwn = (spec: OwnSecurityGroupSpec): Promise<SecurityGroup[]> => {
    const { account, owner, name } = spec;
    const wanted = filters({ [`tag:${kindTag(owner.kind)}`]: owner.id, 'group-name': name });
    return findSecurityGroups(deps.aws.ec2(account), wanted);
  };

  return {
    /** With its rules and no other. @throws Conflict; AlreadyExists while not visible yet. */
    ensureOwnSecurityGroup: (spec: OwnSecurityGroupSpec, vpcId: string) =>
      whenVisible(`security group ${spec.name}`, deps, () =>
        ensureGroup(deps.aws.ec2(spec.account), spec, vpcId, (groupId) => rulesOf(spec, groupId)),
      ),

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

/** What every security group of ours goes by: found by filters, made or adopted by its name in a VPC, its rules converged. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type Filter,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { collect } from '#aws/pages.ts';
import type { Made } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { type Ec2, filters } from './client.ts';
import { difference, EVERYTHING } from './permissions.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::SecurityGroup';

export const findSecurityGroups = (ec2: Ec2, Filters: Filter[]): Promise<SecurityGroup[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeSecurityGroupsCommand({ Filters, NextToken }));
    return { items: answer.SecurityGroups, next: answer.NextToken };
  });

/** What a group lets in and out, and no more. */
export interface GroupRules {
  readonly ingress: readonly IpPermission[];
  /** `open`: everything, whatever stands beside it. */
  readonly egress: readonly IpPermission[] | 'open';
}

/** The one of this name in the VPC. @throws Conflict where it is somebody else's, and nothing is touched. */
export const ensureGroup = async (
  ec2: Ec2,
  spec: ResourceSpec & { readonly description: string },
  vpcId: string,
  rulesOf: (groupId: string) => GroupRules,
): Promise<{ made: Made; groupId: string }> => {
  const { name, description } = spec;
  const [found] = await findSecurityGroups(ec2, filters({ 'vpc-id': vpcId, 'group-name': name }));
  if (found) {
    const groupId = found.GroupId ?? '';
    const existing = { type: TYPE, id: groupId, name, tags: found.Tags, description: found.Description };
    const made = await adoptTagged(ec2, existing, spec);
    await convergeRules(ec2, found, rulesOf(groupId));
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
  await convergeRules(ec2, { GroupId: groupId, IpPermissionsEgress: [EVERYTHING] }, rulesOf(groupId));
  return { made: { type: TYPE, id: groupId, name, origin: 'created' }, groupId };
};

/** First what is missing, then away with what is too much: traffic that is allowed is never cut in between. */
const convergeRules = async (ec2: Ec2, group: SecurityGroup, rules: GroupRules): Promise<void> => {
  const { GroupId } = group;
  const ingress = difference(group.IpPermissions, rules.ingress);
  const egress =
    rules.egress === 'open'
      ? { ...difference(group.IpPermissionsEgress, [EVERYTHING]), tooMuch: [] }
      : difference(group.IpPermissionsEgress, rules.egress);
  if (ingress.lacking.length > 0)
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ingress.lacking }));
  if (egress.lacking.length > 0)
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: egress.lacking }));
  if (ingress.tooMuch.length > 0)
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: ingress.tooMuch }));
  if (egress.tooMuch.length > 0)
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: egress.tooMuch }));
};

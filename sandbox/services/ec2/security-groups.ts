/**
 * Security groups: a group in use, or named by another group's rule, stays.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
 */

import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { settleInstances } from './settle.ts';
import { dependencyViolation, type Ec2Deps, mutation, textOf } from './state.ts';
import { appearing, visible } from './visibility.ts';

export const securityGroupRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => ({
  CreateSecurityGroup: mutation(
    deps,
    appearing(deps, ['', 'GroupId'], (_call, forward) => forward()),
  ),
  DescribeSecurityGroups: visible(deps, 'DescribeSecurityGroups'),
  DeleteSecurityGroup: mutation(deps, deleteSecurityGroup(deps, lookup)),
});

const deleteSecurityGroup =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const groupId = textOf(call.params, 'GroupId');
    if (!groupId) return forward();
    const [group] = await lookup.groups(call, filterBy('group-id', groupId));
    if (group?.GroupName === 'default') {
      throw new AwsError(
        'CannotDelete',
        `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
      );
    }
    const interfaces = await lookup.interfaces(call, filterBy('group-id', groupId));
    const workers = await lookup.workers(call);
    const neighbours = (await lookup.groups(call, filterBy('vpc-id', group?.VpcId ?? ''))).filter(
      ({ GroupId }) => GroupId !== groupId,
    );
    const named = neighbours.some(({ IpPermissions = [], IpPermissionsEgress = [] }) =>
      [...IpPermissions, ...IpPermissionsEgress].some(({ UserIdGroupPairs = [] }) =>
        UserIdGroupPairs.some(({ GroupId }) => GroupId === groupId),
      ),
    );
    const worked = workers.some(({ securityGroupIds }) => securityGroupIds.includes(groupId));
    if (interfaces.length > 0 || named || worked) {
      throw dependencyViolation(`resource ${groupId} has a dependent object`);
    }
    return forward();
  };

/**
 * What keeps a network from going. Usually it passes: interfaces of a terminated instance take a while. What does not
 * pass is what somebody else put there: GuardDuty, where its Runtime Monitoring is on, makes an endpoint and a security
 * group in every VPC that holds instances, and never takes them away. Its two go with our VPC, as do unattached
 * interfaces of ours; all the rest is named to the operator who waits.
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring-agent-resource-clean-up.html
 */
import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  type NetworkInterface,
  type SecurityGroup,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import { mayRemove, type Owner, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';
import { lookAgain, waitedMs } from '../shared/look.ts';
import { type Ec2, filters } from './client.ts';

/** Past this many visibility windows nothing is on its way out any more: two minutes unless configured otherwise. */
const WINDOWS_BEFORE_NAMING = 1;

const NAMED_MAX = 5;

export interface Removing {
  readonly ec2: Ec2;
  readonly deps: { readonly timing: Timing };
  readonly owner: Owner;
  readonly removal: Removal;
  /** For the operator who waits: `subnet subnet-1`. */
  readonly what: string;
  readonly vpcId: string;
  /** Where only what lies in it counts. Default: the whole VPC. */
  readonly subnetId?: string | undefined;
}

interface Blockers {
  readonly endpoints: readonly VpcEndpoint[];
  readonly interfaces: readonly NetworkInterface[];
  readonly groups: readonly SecurityGroup[];
}

/**
 * Calls a removal. Where AWS says that something depends on it, what may go goes, and the next look finds the rest gone.
 * @throws NotYet; after a while with the names of what holds it.
 */
export const removeWithBlockers = async (removing: Removing, remove: () => Promise<unknown>): Promise<void> => {
  try {
    await remove();
  } catch (error) {
    if (!isAwsCode(error, 'DependencyViolation')) throw error;
    const found = await find(removing);
    await clear(removing, found);
    const { deps, what } = removing;
    if (waitedMs() < WINDOWS_BEFORE_NAMING * deps.timing.propagationMs) throw error;
    const names = namesOf(found);
    if (names.length === 0) throw error;
    const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
    throw lookAgain(`${what} is held by ${names.slice(0, NAMED_MAX).join(', ')}${more}`, deps, factsOf(error));
  }
};

const find = async ({ ec2, vpcId, subnetId }: Removing): Promise<Blockers> => {
  const [endpoints, interfaces, groups] = await Promise.all([
    collect(async (NextToken) => {
      const Filters = filters({ 'vpc-id': vpcId });
      const answer = await ec2.send(new DescribeVpcEndpointsCommand({ Filters, NextToken }));
      return { items: answer.VpcEndpoints, next: answer.NextToken };
    }),
    collect(async (NextToken) => {
      const Filters = filters(subnetId === undefined ? { 'vpc-id': vpcId } : { 'subnet-id': subnetId });
      const answer = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters, NextToken }));
      return { items: answer.NetworkInterfaces, next: answer.NextToken };
    }),
    collect(async (NextToken) => {
      if (subnetId !== undefined) return { items: [], next: undefined };
      const Filters = filters({ 'vpc-id': vpcId });
      const answer = await ec2.send(new DescribeSecurityGroupsCommand({ Filters, NextToken }));
      return { items: answer.SecurityGroups, next: answer.NextToken };
    }),
  ]);
  return {
    endpoints: endpoints.filter(({ SubnetIds = [] }) => subnetId === undefined || SubnetIds.includes(subnetId)),
    interfaces,
    groups: groups.filter(({ GroupName }) => GroupName !== 'default'),
  };
};

const GUARD_DUTY_TAG = 'GuardDutyManaged';

const isGuardDutys = ({ Tags }: VpcEndpoint | SecurityGroup): boolean => tagsOf(Tags)[GUARD_DUTY_TAG] === 'true';

/** An endpoint and its interfaces take minutes to go, so its group goes at a later look. */
const clear = async ({ ec2, owner, removal, vpcId }: Removing, found: Blockers): Promise<void> => {
  const guardDutys = found.endpoints.filter(isGuardDutys);
  const leaving = guardDutys.filter(({ State }) => String(State).toLowerCase() !== 'deleting');
  const VpcEndpointIds = leaving.flatMap(({ VpcEndpointId }) => VpcEndpointId ?? []);
  if (VpcEndpointIds.length > 0)
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds })).catch(ignoreNotFound);
  for (const { NetworkInterfaceId, Status, TagSet } of found.interfaces) {
    if (Status !== 'available' || !mayRemove(tagsOf(TagSet), owner, removal)) continue;
    await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })).catch(ignoreNotFound);
  }
  if (guardDutys.length > 0) return;
  for (const group of found.groups) {
    if (group.GroupName !== `GuardDutyManagedSecurityGroup-${vpcId}` || !isGuardDutys(group)) continue;
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group.GroupId })).catch(ignoreUnlessRefused);
  }
};

/** Gone, or still in use: the next look sees. */
const ignoreUnlessRefused = (error: unknown): undefined =>
  codeOf(error) === 'NotYet' ? undefined : ignoreNotFound(error);

/** Endpoints have interfaces: those stand for themselves only where no endpoint does. */
const namesOf = ({ endpoints, interfaces, groups }: Blockers): string[] => {
  const ofEndpoints = new Set(endpoints.flatMap(({ NetworkInterfaceIds = [] }) => NetworkInterfaceIds));
  return [
    ...endpoints.map(({ VpcEndpointId, ServiceName, State }) => `endpoint ${VpcEndpointId} (${ServiceName}, ${State})`),
    ...interfaces
      .filter(({ NetworkInterfaceId = '' }) => !ofEndpoints.has(NetworkInterfaceId))
      .map(
        ({ NetworkInterfaceId, Status, Description, Attachment }) =>
          `interface ${NetworkInterfaceId} (${[Status, Attachment?.InstanceId, Description].filter(Boolean).join(', ')})`,
      ),
    ...groups.map(({ GroupId, GroupName }) => `security group ${GroupId} (${GroupName})`),
  ];
};

/**
 * RunInstances: one client token makes one instance; image, profile, groups and the type's zone are checked; what a
 * launch template says is taken over.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
import {
  CreateTagsCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { IAM } from '../iam/contract.ts';
import { plantGuardDuty } from './guard-duty.ts';
import { imageExists, imageNotFound } from './images.ts';
import { state } from './instance-states.ts';
import { currentInstance } from './instance-views.ts';
import { withoutTemplateTags } from './launch-template.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { DRY_RUN, GUARD_DUTY, INSTANCES_END } from './questions.ts';
import { type Ec2Deps, objectsOf, type Params, succeeded, textOf, textsOf } from './state.ts';
import { appears } from './visibility.ts';

const PENDING_MS = 15_000;
/** Status checks pass, and the user data has run. */
const CHECKING_MS = 60_000;
const SPREAD = 0.3;

export const runInstances =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world, of } = deps;
    const params = withDefaults({ ...(await templateData(deps, call)), ...call.params });
    await checkImage(deps, call, params);
    const order = textOf(params, 'DryRun') === 'true' ? world.assumed(call.account, DRY_RUN) : 'profile-first';
    if (order === 'rights-only') return forward(); // the endpoint then says that it would have succeeded
    if (order === 'profile-first') await checkProfile(deps, call, params);
    const networked = await checkNetwork(lookup, call, params);
    await checkZone(deps, call, networked);
    if (order === 'network-first') await checkProfile(deps, call, params);
    const answer = await forward({ params: networked.params });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const instances = (result.Instances ?? []) as Params[];
    const overlay = of(call);
    for (const instance of instances) {
      const id = String(instance.InstanceId);
      const interfaces = objectsOf(instance, 'NetworkInterfaces').map((each) => String(each.NetworkInterfaceId));
      await tagInterfaces(deps, call, interfaces);
      const runningAt = world.now() + world.delay(PENDING_MS, SPREAD);
      const endReason = world.assumed(call.account, INSTANCES_END) ?? undefined;
      overlay.instances.set(id, {
        id,
        userData: textOf(params, 'UserData'),
        interfaceIds: interfaces,
        runningAt,
        checkedAt: runningAt + world.delay(CHECKING_MS, SPREAD),
        stoppedAt: undefined,
        terminatedAt: endReason && runningAt,
        terminating: undefined,
        endReason,
      });
      appears(world, overlay, id);
    }
    if (world.assumed(call.account, GUARD_DUTY)) await plantGuardDuty(deps, lookup, call, networked.subnetId);
    return world.answer(call, {
      ...result,
      Instances: instances.map((each) => ({ ...currentInstance(world, overlay, each), State: state('pending') })),
    });
  };

/** What the template says and the call does not. moto takes over a part of it only. */
const templateData = async ({ world }: Ec2Deps, { account, region, params }: Call): Promise<Params> => {
  const template = params.LaunchTemplate as Params | undefined;
  if (!template) return {};
  const { LaunchTemplateId, LaunchTemplateName, Version = '$Default' } = template as Record<string, string>;
  const which = LaunchTemplateId ? { LaunchTemplateId } : { LaunchTemplateName };
  try {
    const found = await world
      .moto(EC2Client, account, region)
      .send(new DescribeLaunchTemplateVersionsCommand({ ...which, Versions: [Version] }));
    // Its tags for instances are added by moto, which is told the template too.
    const { TagSpecifications: _, ...data } = withoutTemplateTags(
      (found.LaunchTemplateVersions?.[0]?.LaunchTemplateData ?? {}) as Params,
    );
    return data;
  } catch (error) {
    throw new AwsError((error as Error).name, (error as Error).message);
  }
};

const withDefaults = (params: Params): Params => ({
  ...params,
  // moto looks at the lower number alone, AWS starts as many as it can.
  MinCount: textOf(params, 'MaxCount') || '1',
  ...(params.BlockDeviceMappings !== undefined && {
    BlockDeviceMappings: objectsOf(params, 'BlockDeviceMappings').map((mapping) => ({
      ...mapping,
      ...(mapping.Ebs !== undefined && {
        Ebs: { ...volumeOfImage(mapping.Ebs as Params), ...(mapping.Ebs as Params) },
      }),
    })),
  }),
});

/** A mapping that changes the image's own volume takes its size from the image; moto insists on one being named. */
const volumeOfImage = ({ SnapshotId }: Params): Params => ({
  DeleteOnTermination: 'true',
  ...(SnapshotId === undefined && { VolumeSize: '8' }),
});

const checkImage = async ({ world }: Ec2Deps, call: Call, params: Params): Promise<void> => {
  const id = textOf(params, 'ImageId');
  if (!id) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
  if (!/^ami-[0-9a-f]+$/.test(id)) throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${id}"`);
  if (!(await imageExists(world, call, id))) throw imageNotFound(id);
};

/**
 * A profile that was made a moment ago is as invalid as one that does not exist. Its role comes into sight later, and
 * until then it seems to have none.
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_instance.go
 */
const checkProfile = async ({ world }: Ec2Deps, call: Call, params: Params): Promise<void> => {
  const profile = params.IamInstanceProfile as Params | undefined;
  if (!profile) return;
  const arn = textOf(profile, 'Arn');
  const name = textOf(profile, 'Name') || arn.slice(arn.lastIndexOf('/') + 1);
  const [member, what] = arn ? ['arn', 'ARN'] : ['name', 'name'];
  const invalid = new AwsError(
    'InvalidParameterValue',
    `Value (${arn || name}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${what}`,
  );
  const iam = world.moto(IAMClient, call.account, call.region);
  const found = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name })).catch((error: Error) => {
    if (error.name.startsWith('NoSuchEntity')) throw invalid;
    throw error;
  });
  const readyAt = world.service(IAM).profileReadyAt(call.account, name) ?? 0;
  if (readyAt > world.now()) throw invalid;
  const roleAt = world.service(IAM).profileRoleReadyAt(call.account, name) ?? 0;
  if (!found.InstanceProfile?.Roles?.length || roleAt > world.now()) {
    throw new AwsError(
      'InvalidParameterValue',
      `IAM Instance Profile "${found.InstanceProfile?.Arn}" has no associated IAM Roles`,
    );
  }
};

interface Networked {
  readonly params: Params;
  readonly zone: string | undefined;
  readonly subnetId?: string;
}

/** The primary interface is spelled out, so that moto keeps its groups in one place and removes it with the instance. */
const checkNetwork = async (lookup: Lookup, call: Call, params: Params): Promise<Networked> => {
  const { SubnetId, SecurityGroupIds, PrivateIpAddress, ...rest } = params;
  const given = objectsOf(params, 'NetworkInterfaces');
  if (!SubnetId && given.length === 0) return { params, zone: undefined };
  if (SubnetId && given.length > 0) return { params, zone: undefined }; // refused by moto
  const interfaces =
    given.length > 0
      ? given
      : [
          {
            DeviceIndex: '0',
            SubnetId,
            ...(SecurityGroupIds !== undefined && { Groups: SecurityGroupIds }),
            ...(PrivateIpAddress !== undefined && { PrivateIpAddress }),
          },
        ];
  const primary = interfaces.find((each) => textOf(each, 'DeviceIndex') === '0') ?? interfaces[0] ?? {};
  const subnetId = textOf(primary, 'SubnetId');
  const [subnet] = subnetId ? await lookup.subnets(call, filterBy('subnet-id', subnetId)) : [];
  if (subnetId && !subnet) {
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  }
  for (const groupId of textsOf(primary, 'Groups')) {
    const [group] = await lookup.groups(call, filterBy('group-id', groupId));
    if (!group) throw new AwsError('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`);
    if (subnet && group.VpcId !== subnet.VpcId) {
      throw new AwsError(
        'InvalidParameter',
        `Security group ${groupId} and subnet ${subnetId} belong to different networks.`,
      );
    }
  }
  const spelled = interfaces.map((each) =>
    each.NetworkInterfaceId
      ? each
      : {
          AssociatePublicIpAddress: String(subnet?.MapPublicIpOnLaunch === true),
          DeleteOnTermination: 'true',
          ...each,
        },
  );
  return {
    params: { ...rest, NetworkInterfaces: spelled },
    zone: subnet?.AvailabilityZone,
    ...(subnetId && { subnetId }),
  };
};

const checkZone = async ({ world }: Ec2Deps, call: Call, { params, zone }: Networked): Promise<void> => {
  const type = textOf(params, 'InstanceType');
  if (!type) return;
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { InstanceTypeOfferings = [] } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: filterBy('instance-type', type),
    }),
  );
  if (InstanceTypeOfferings.length === 0) {
    throw new AwsError('InvalidParameterValue', `Invalid value '${type}' for InstanceType.`);
  }
  const zones = InstanceTypeOfferings.map(({ Location }) => String(Location)).toSorted();
  if (zone && !zones.includes(zone)) {
    throw new AwsError(
      'Unsupported',
      `Your requested instance type (${type}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${zones.join(', ')}.`,
    );
  }
};

/** moto tags instances and volumes, and forgets the interfaces. */
const tagInterfaces = async ({ world }: Ec2Deps, call: Call, ids: readonly string[]): Promise<void> => {
  const tags = objectsOf(call.params, 'TagSpecifications')
    .filter(({ ResourceType }) => ResourceType === 'network-interface')
    .flatMap((each) => objectsOf(each, 'Tags'))
    .map((tag) => ({ Key: textOf(tag, 'Key'), Value: textOf(tag, 'Value') }));
  if (tags.length === 0 || ids.length === 0) return;
  await world
    .moto(EC2Client, call.account, call.region)
    .send(new CreateTagsCommand({ Resources: [...ids], Tags: tags }));
};

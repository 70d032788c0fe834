/** Instances, what hangs on them, and launch templates, in the inventory's words. */
import { createHash } from 'node:crypto';
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { World } from '../../core/world.ts';
import type { Found } from './found.ts';
import { currentInstance } from './instance-views.ts';
import { templateTags, withoutTemplateTags } from './launch-template.ts';
import { currentInterface } from './service-interface-states.ts';
import type { Overlay, Params } from './state.ts';

export const instances = async (world: World, ec2: EC2Client, overlay: Overlay): Promise<Found[]> => {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  return Reservations.flatMap(({ Instances = [] }) => Instances)
    .map((instance) => currentInstance(world, overlay, instance))
    .filter(({ State }) => State?.Name !== 'terminated')
    .map((instance) => {
      const { State: _, ...metadataOptions } = instance.MetadataOptions ?? {};
      const userData = overlay.instances.get(String(instance.InstanceId))?.userData ?? '';
      return {
        type: 'Instance',
        id: instance.InstanceId,
        tags: instance.Tags,
        state: instance.State?.Name,
        details: {
          instanceType: instance.InstanceType,
          imageId: instance.ImageId,
          subnetId: instance.SubnetId ?? null,
          vpcId: instance.VpcId ?? null,
          securityGroupIds: (instance.SecurityGroups ?? []).map(({ GroupId }) => String(GroupId)).toSorted(),
          iamInstanceProfile: instance.IamInstanceProfile?.Arn ?? null,
          keyName: instance.KeyName ?? null,
          sourceDestCheck: instance.SourceDestCheck ?? true,
          publicAddress: Boolean(instance.PublicIpAddress),
          metadataOptions,
          userDataSha256: userData === '' ? null : createHash('sha256').update(userData, 'base64').digest('hex'),
        },
      };
    });
};

export const interfacesAndVolumes = async (ec2: EC2Client, overlay: Overlay): Promise<Found[]> => {
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  // moto knows on the instance, not on the volume, which volumes go with it.
  const mapped = Reservations.flatMap(({ Instances = [] }) => Instances)
    .flatMap(({ BlockDeviceMappings = [] }) => BlockDeviceMappings)
    .filter(({ Ebs }) => Ebs?.DeleteOnTermination)
    .map(({ Ebs }) => Ebs?.VolumeId);
  return [
    ...NetworkInterfaces.map((each) => currentInterface(overlay, each)).map(
      ({ NetworkInterfaceId, Attachment, Groups = [], ...rest }) => ({
        type: 'NetworkInterface',
        id: NetworkInterfaceId,
        tags: rest.TagSet,
        state: rest.Status,
        details: {
          subnetId: rest.SubnetId,
          vpcId: rest.VpcId,
          instanceId: Attachment?.InstanceId ?? null,
          sourceDestCheck: rest.SourceDestCheck ?? true,
          securityGroupIds: Groups.map(({ GroupId }) => String(GroupId)).toSorted(),
          description: rest.Description ?? '',
        },
      }),
    ),
    ...Volumes.map(({ VolumeId, Attachments = [], ...rest }) => ({
      type: 'Volume',
      id: VolumeId,
      tags: rest.Tags,
      state: rest.State,
      details: {
        size: rest.Size,
        volumeType: rest.VolumeType,
        encrypted: rest.Encrypted ?? false,
        availabilityZone: rest.AvailabilityZone,
        instanceId: Attachments[0]?.InstanceId ?? null,
        deleteOnTermination: mapped.includes(VolumeId),
      },
    })),
  ];
};

export const templates = async (ec2: EC2Client): Promise<Found[]> => {
  const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({ MaxResults: 200 }));
  const tags = await templateTags(ec2);
  const found: Found[] = [];
  for (const { LaunchTemplateId, LaunchTemplateName, DefaultVersionNumber } of LaunchTemplates) {
    const of = { LaunchTemplateId, MaxResults: 200 };
    const { LaunchTemplateVersions = [] } = await ec2.send(new DescribeLaunchTemplateVersionsCommand(of));
    const versions = LaunchTemplateVersions.map(({ VersionNumber, VersionDescription, LaunchTemplateData }) => ({
      version: VersionNumber,
      description: VersionDescription ?? '',
      data: withoutTemplateTags((LaunchTemplateData ?? {}) as Params),
    }));
    found.push({
      type: 'LaunchTemplate',
      id: LaunchTemplateId,
      name: LaunchTemplateName,
      tags: tags.get(LaunchTemplateId ?? '') ?? [],
      details: { defaultVersion: DefaultVersionNumber, versions },
    });
  }
  return found;
};

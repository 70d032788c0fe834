/** What an instance that traffic passes must be like besides existing. */
import {
  DescribeTagsCommand,
  type Instance,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from '@aws-sdk/client-ec2';
import { collect } from '#aws/pages.ts';
import { adoptedTags, isForeign, type Made, type Owner, type Tags } from '#domain/core/ownership.ts';
import { type Ec2, filters } from './client.ts';
import { convergeTags } from './tags.ts';

interface Wanted {
  readonly owner: Owner;
  readonly groupId: string;
}

/** It forwards others' packets, is reached through its own group, and gives its role's keys to nobody by plain GET. */
export const convergeInstance = async (ec2: Ec2, instance: Instance, { owner, groupId }: Wanted): Promise<void> => {
  const { InstanceId, MetadataOptions } = instance;
  const primary = (instance.NetworkInterfaces ?? []).find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  const NetworkInterfaceId = primary?.NetworkInterfaceId;
  if (NetworkInterfaceId && (instance.SourceDestCheck !== false || primary?.SourceDestCheck === true)) {
    const SourceDestCheck = { Value: false };
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck }));
  }
  const groups = (primary?.Groups ?? []).map(({ GroupId }) => GroupId);
  if (NetworkInterfaceId && (groups.length !== 1 || groups[0] !== groupId)) {
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: [groupId] }));
  }
  if (MetadataOptions?.HttpTokens !== 'required') {
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: 'required' }));
  }
  await claimParts(ec2, idsOfParts(instance), owner);
};

/** The interfaces and volumes that came with the instance and go with it. */
export const partsOf = (instance: Instance, { name, origin }: Made): Made[] =>
  idsOfParts(instance).map((id) => ({
    type: id.startsWith('vol-') ? 'AWS::EC2::Volume' : 'AWS::EC2::NetworkInterface',
    id,
    name,
    origin,
  }));

const idsOfParts = ({ NetworkInterfaces = [], BlockDeviceMappings = [] }: Instance): string[] =>
  [
    ...NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
    ...BlockDeviceMappings.map(({ Ebs }) => Ebs?.VolumeId),
  ].filter((id) => id !== undefined);

/** They go with the instance whatever they carry: the tags are for whoever looks at a bill. */
const claimParts = async (ec2: Ec2, ids: readonly string[], owner: Owner): Promise<void> => {
  if (ids.length === 0) return;
  const described = await collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeTagsCommand({ Filters: filters({ 'resource-id': ids }), NextToken }));
    return { items: answer.Tags, next: answer.NextToken };
  });
  for (const id of ids) {
    const own = described.filter(({ ResourceId }) => ResourceId === id);
    const tags: Tags = Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value]));
    if (!isForeign(tags, owner)) await convergeTags(ec2, id, tags, adoptedTags(owner));
  }
};

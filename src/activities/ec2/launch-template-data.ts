/**
 * What a version of a launch template holds: user data, and where its spec has settings, the root volume, the key pair,
 * the metadata service and the tags of what is started from it. Batch ignores instance type, subnets and role in it.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html
 */
import type {
  LaunchTemplateTagSpecificationRequest,
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { adoptedTags, type Owner, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { ImageFamily, InstanceSettings, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import { isNothing } from '../shared/sent.ts';

/** Of both families of Amazon Linux. */
const ROOT_DEVICE = '/dev/xvda';

/** gp3's own, MiB a second: it is always sent, so that a template shows when it was more. */
const THROUGHPUT_MIBPS = 125;

/** What a launch template may tag that is ours to pay for. */
const TAGGED = ['instance', 'volume', 'network-interface'] as const;

export const templateData = (spec: LaunchTemplateSpec, family: ImageFamily): RequestLaunchTemplateData => ({
  UserData: Buffer.from(spec.userData[family]).toString('base64'),
  ...(spec.settings && settingsData(spec.settings, spec.owner)),
});

const settingsData = (settings: InstanceSettings, owner: Owner): RequestLaunchTemplateData => {
  const { rootVolume, keyPair, metadataHopLimit, tags } = settings;
  return {
    BlockDeviceMappings: [
      {
        DeviceName: ROOT_DEVICE,
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: rootVolume.gib,
          Throughput: rootVolume.throughputMibps ?? THROUGHPUT_MIBPS,
          Encrypted: true,
          ...(rootVolume.kmsKeyId !== null && { KmsKeyId: rootVolume.kmsKeyId }),
          DeleteOnTermination: true,
        },
      },
    ],
    ...(keyPair !== null && { KeyName: keyPair }),
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: metadataHopLimit,
    },
    // Without the run's tag: another run would make another version, and that replaces all workers.
    TagSpecifications: TAGGED.map(
      (ResourceType): LaunchTemplateTagSpecificationRequest => ({
        ResourceType,
        Tags: tagList({ ...tags, ...adoptedTags(owner) }),
      }),
    ),
  };
};

/** No more and no less: a setting that somebody added counts, and so does one that the spec has left out since. */
export const holdsExactly = (found: ResponseLaunchTemplateData = {}, wanted: RequestLaunchTemplateData): boolean =>
  canonicalJson(meaningOf(found)) === canonicalJson(meaningOf(wanted));

/** EC2 adds states to the metadata options and gives lists back in any order. */
const meaningOf = (data: ResponseLaunchTemplateData | RequestLaunchTemplateData): object => {
  const { BlockDeviceMappings = [], MetadataOptions: metadata, TagSpecifications = [], ...rest } = data;
  return {
    ...present(rest),
    devices: BlockDeviceMappings.map(({ Ebs, ...device }) => ({ ...present(device), ebs: present(Ebs ?? {}) })),
    metadata: [metadata?.HttpEndpoint, metadata?.HttpTokens, metadata?.HttpPutResponseHopLimit],
    tags: Object.fromEntries(
      TagSpecifications.map(({ ResourceType, Tags }) => [ResourceType, Object.entries(tagsOf(Tags)).sort()]),
    ),
  };
};

const present = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => !isNothing(value)));

/** Settings that no launch of ours makes are somebody else's work. */
export const holdsOnlyUserData = (data: ResponseLaunchTemplateData = {}): boolean =>
  Object.entries(data).every(([member, value]) => member === 'UserData' || isNothing(value));

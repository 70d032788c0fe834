/** What somebody changes by hand of the things that a compute environment consists of, by their type. */
import {
  BatchClient,
  TagResourceCommand as TagBatch,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
  UpdateSchedulingPolicyCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  PutRetentionPolicyCommand,
  TagResourceCommand as TagLogs,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  EFSClient,
  ModifyMountTargetSecurityGroupsCommand,
  PutLifecycleConfigurationCommand,
  TagResourceCommand as TagEfs,
} from '@aws-sdk/client-efs';
import { FSxClient, TagResourceCommand as TagFsx } from '@aws-sdk/client-fsx';
import {
  IAMClient,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam';
import { tagList } from '#domain/core/ownership.ts';
import type { SandboxAccount } from './sandbox.ts';

type Item = Awaited<ReturnType<SandboxAccount['inventory']>>[number];
type Hand = (account: SandboxAccount, item: Item, all: readonly Item[]) => Promise<unknown>;

/** A thing's own property; what it is told as. Null: it has none that can be put right. */
export const PROPERTY: Readonly<Record<string, readonly [Hand, RegExp] | null>> = {
  'AWS::Logs::LogGroup': [
    ({ client }, { name }) =>
      new CloudWatchLogsClient(client).send(
        new PutRetentionPolicyCommand({ logGroupName: name ?? '', retentionInDays: 1 }),
      ),
    /retentionInDays is 1, not 30/,
  ],
  'AWS::IAM::Role': [
    ({ client }, { name: RoleName }) =>
      new IAMClient(client).send(
        new PutRolePolicyCommand({
          RoleName: RoleName ?? '',
          PolicyName: 'by-hand',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
          }),
        }),
      ),
    /inline policy by-hand should not be there/,
  ],
  'AWS::IAM::InstanceProfile': [
    ({ client }, { name: InstanceProfileName }) =>
      new IAMClient(client).send(
        new RemoveRoleFromInstanceProfileCommand({
          InstanceProfileName: InstanceProfileName ?? '',
          RoleName: InstanceProfileName ?? '',
        }),
      ),
    /role .*-InstanceRole is not in it/,
  ],
  'AWS::EFS::FileSystem': [
    ({ client }, { id: FileSystemId }) =>
      new EFSClient(client).send(new PutLifecycleConfigurationCommand({ FileSystemId, LifecyclePolicies: [] })),
    /LifecyclePolicies is \[\], not \[\{"TransitionToIA":"AFTER_30_DAYS"\}\]/,
  ],
  'AWS::EFS::MountTarget': [
    ({ client }, { id: MountTargetId }, all) =>
      new EFSClient(client).send(
        new ModifyMountTargetSecurityGroupsCommand({
          MountTargetId,
          SecurityGroups: [all.find(({ name }) => name?.endsWith('-lustre'))?.id ?? ''],
        }),
      ),
    /SecurityGroups is \["sg-\w+"\], not \["sg-\w+"\]/,
  ],
  'AWS::EC2::SecurityGroup': [
    ({ client }, { id: GroupId }) =>
      new EC2Client(client).send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        }),
      ),
    /rule of ingress .*"FromPort":22.* should not be there/,
  ],
  'AWS::FSx::FileSystem': null,
  'AWS::Batch::SchedulingPolicy': [
    ({ client }, { id: arn }) =>
      new BatchClient(client).send(
        new UpdateSchedulingPolicyCommand({ arn, fairsharePolicy: { shareDecaySeconds: 7, shareDistribution: [] } }),
      ),
    /fairsharePolicy\.shareDecaySeconds is 7, not (60|3600)/,
  ],
  'AWS::EC2::LaunchTemplate': [
    // Its versions can't be changed: another one of its name takes its place.
    async ({ client }, { id: LaunchTemplateId, name: LaunchTemplateName, tags }) => {
      const ec2 = new EC2Client(client);
      await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
      await ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: LaunchTemplateName ?? '',
          LaunchTemplateData: { UserData: Buffer.from('by hand').toString('base64') },
          TagSpecifications: [{ ResourceType: 'launch-template', Tags: tagList(tags ?? {}) }],
        }),
      );
    },
    /none of its versions holds what it should/,
  ],
  'AWS::Batch::ComputeEnvironment': [
    ({ client }, { id: computeEnvironment }) =>
      new BatchClient(client).send(
        new UpdateComputeEnvironmentCommand({ computeEnvironment, computeResources: { maxvCpus: 7 } }),
      ),
    /computeResources\.maxvCpus is 7, not (16|64)/,
  ],
  'AWS::Batch::JobQueue': [
    ({ client }, { id: jobQueue }) =>
      new BatchClient(client).send(new UpdateJobQueueCommand({ jobQueue, priority: 7, jobStateTimeLimitActions: [] })),
    /priority is 7, not 1/,
  ],
};

const Name = 'by-hand';
const Tags = [{ Key: 'Name', Value: Name }];
const batch: Hand = ({ client }, { details, id }) =>
  new BatchClient(client).send(
    new TagBatch({ resourceArn: String((details as { arn?: string }).arn ?? id), tags: { Name } }),
  );
const ec2: Hand = ({ client }, { id }) => new EC2Client(client).send(new CreateTagsCommand({ Resources: [id], Tags }));

/** Its tag `Name`. Null: it has no tags. */
export const TAG: Readonly<Record<string, Hand | null>> = {
  'AWS::Logs::LogGroup': ({ client, id, region }, { name }) =>
    new CloudWatchLogsClient(client).send(
      new TagLogs({ resourceArn: `arn:aws:logs:${region}:${id}:log-group:${name}`, tags: { Name } }),
    ),
  'AWS::IAM::Role': ({ client }, { name }) =>
    new IAMClient(client).send(new TagRoleCommand({ RoleName: name ?? '', Tags })),
  'AWS::IAM::InstanceProfile': ({ client }, { name }) =>
    new IAMClient(client).send(new TagInstanceProfileCommand({ InstanceProfileName: name ?? '', Tags })),
  'AWS::EFS::FileSystem': ({ client }, { id: ResourceId }) =>
    new EFSClient(client).send(new TagEfs({ ResourceId, Tags })),
  'AWS::EFS::MountTarget': null,
  'AWS::EC2::SecurityGroup': ec2,
  'AWS::FSx::FileSystem': ({ client, id, region }, { id: fileSystem }) =>
    new FSxClient(client).send(
      new TagFsx({ ResourceARN: `arn:aws:fsx:${region}:${id}:file-system/${fileSystem}`, Tags }),
    ),
  'AWS::Batch::SchedulingPolicy': batch,
  'AWS::EC2::LaunchTemplate': ec2,
  'AWS::Batch::ComputeEnvironment': batch,
  'AWS::Batch::JobQueue': batch,
};

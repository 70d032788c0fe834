/** What a caller needs for file systems, and that tags and resources in a policy count. */
import {
  CreateFileSystemCommand,
  CreateMountTargetCommand,
  DeleteFileSystemCommand,
  DeleteMountTargetCommand,
  DescribeFileSystemsCommand,
  EFSClient,
  PutLifecycleConfigurationCommand,
} from '@aws-sdk/client-efs';
import {
  CreateFileSystemCommand as CreateLustreCommand,
  DeleteFileSystemCommand as DeleteLustreCommand,
  DescribeFileSystemsCommand as DescribeLustreCommand,
  FSxClient,
} from '@aws-sdk/client-fsx';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { createNetwork, rig } from './batch-rig.ts';
import { limitedCaller, missingRight, rightsNeeded } from './caller.ts';

const Tags = [{ Key: 'owner', Value: 'me' }];

test.concurrent('EFS: each call needs its rights, those of a mount target on EC2 as well', async (t) => {
  const given = await rig(t);
  const { subnetId } = await createNetwork(given);
  const caller = await limitedCaller(given);
  const efs = new EFSClient(caller.client);
  const root = new EFSClient(given.account.client);
  const { KeyMetadata } = await new KMSClient(given.account.client).send(new CreateKeyCommand({}));
  let count = 0;
  const create = () => {
    count += 1;
    const key = { Encrypted: true, KmsKeyId: String(KeyMetadata?.Arn) };
    return efs.send(new CreateFileSystemCommand({ CreationToken: `t${count}`, Tags, ...key }));
  };
  expect(await rightsNeeded(caller, create)).toEqual([
    'elasticfilesystem:CreateFileSystem',
    'elasticfilesystem:TagResource',
    'kms:DescribeKey',
    'kms:CreateGrant',
  ]);
  const { FileSystems = [] } = await root.send(new DescribeFileSystemsCommand({}));
  const FileSystemId = String(FileSystems[0]?.FileSystemId);
  const mount = () => efs.send(new CreateMountTargetCommand({ FileSystemId, SubnetId: subnetId }));
  expect(await rightsNeeded(caller, mount)).toEqual([
    'elasticfilesystem:CreateMountTarget',
    'ec2:DescribeSubnets',
    'ec2:DescribeNetworkInterfaces',
    'ec2:CreateNetworkInterface',
  ]);
  const unmount = () => efs.send(new DeleteMountTargetCommand({ MountTargetId: 'fsmt-0123456789abcdef0' }));
  expect(await rightsNeeded(caller, unmount)).toEqual([
    'elasticfilesystem:DeleteMountTarget',
    'ec2:DeleteNetworkInterface',
  ]);
});

test.concurrent('EFS: the tag of a file system opens it, and no other', async (t) => {
  const given = await rig(t);
  const caller = await limitedCaller(given);
  const efs = new EFSClient(caller.client);
  const create = async (CreationToken: string, more: object) =>
    String(
      (await new EFSClient(given.account.client).send(new CreateFileSystemCommand({ CreationToken, ...more })))
        .FileSystemId,
    );
  const [mine, other] = [await create('mine', { Tags }), await create('other', {})];
  await caller.allow({
    Action: 'elasticfilesystem:*',
    Condition: { StringEquals: { 'aws:ResourceTag/owner': 'me' } },
  });
  const put = (FileSystemId: string) =>
    missingRight(efs.send(new PutLifecycleConfigurationCommand({ FileSystemId, LifecyclePolicies: [] })));
  expect(await put(mine)).toBeUndefined();
  expect(await put(other)).toBe('elasticfilesystem:PutLifecycleConfiguration');
  const remove = (FileSystemId: string) => missingRight(efs.send(new DeleteFileSystemCommand({ FileSystemId })));
  expect(await remove(other)).toBe('elasticfilesystem:DeleteFileSystem');
  expect(await remove(mine)).toBeUndefined();
});

test.concurrent('FSx: create with tags, look, delete with a final backup', async (t) => {
  const given = await rig(t);
  const { subnetId, groupId } = await createNetwork(given);
  const caller = await limitedCaller(given);
  const fsx = new FSxClient(caller.client);
  const create = () =>
    fsx.send(
      new CreateLustreCommand({
        ClientRequestToken: 't',
        FileSystemType: 'LUSTRE',
        StorageCapacity: 1200,
        SubnetIds: [subnetId],
        SecurityGroupIds: [groupId],
        LustreConfiguration: { DeploymentType: 'PERSISTENT_1', PerUnitStorageThroughput: 50 },
        Tags,
      }),
    );
  expect(await rightsNeeded(caller, create)).toEqual(['fsx:CreateFileSystem', 'fsx:TagResource']);
  expect(await rightsNeeded(caller, () => fsx.send(new DescribeLustreCommand({})))).toEqual([
    'fsx:DescribeFileSystems',
  ]);
  const { FileSystems = [] } = await new FSxClient(given.account.client).send(new DescribeLustreCommand({}));
  const FileSystemId = FileSystems[0]?.FileSystemId;
  const remove = () =>
    fsx.send(
      new DeleteLustreCommand({
        FileSystemId,
        LustreConfiguration: { SkipFinalBackup: false, FinalBackupTags: Tags },
      }),
    );
  expect(await rightsNeeded(caller, remove)).toEqual(['fsx:DeleteFileSystem', 'fsx:CreateBackup', 'fsx:TagResource']);
});

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateBackupCommand,
  CreateFileSystemCommand,
  type CreateFileSystemCommandInput,
  type CreateFileSystemLustreConfiguration,
  DeleteBackupCommand,
  DeleteFileSystemCommand,
  DescribeBackupsCommand,
  DescribeFileSystemsCommand,
  FSxClient,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFileSystemCommand,
} from '@aws-sdk/client-fsx';
import { expect, type TestContext, test } from 'vitest';
import { HOUR_MS } from '../support/sandbox.ts';
import { createNetwork, refusal, rig } from './batch-rig.ts';

const PERSISTENT = { DeploymentType: 'PERSISTENT_1', PerUnitStorageThroughput: 50 } as const;

const start = async (t: TestContext) => {
  const given = await rig(t);
  const fsx = new FSxClient(given.account.client);
  const { vpcId, subnetId, groupId } = await createNetwork(given);
  const create = async (more: Partial<CreateFileSystemCommandInput> = {}) => {
    const input: CreateFileSystemCommandInput = {
      ClientRequestToken: 'token',
      FileSystemType: 'LUSTRE',
      StorageCapacity: 1200,
      SubnetIds: [subnetId],
      SecurityGroupIds: [groupId],
      LustreConfiguration: { DeploymentType: 'SCRATCH_2' },
    };
    return (await fsx.send(new CreateFileSystemCommand({ ...input, ...more }))).FileSystem;
  };
  const describe = async (id: string | undefined) =>
    (await fsx.send(new DescribeFileSystemsCommand({ FileSystemIds: [String(id)] }))).FileSystems?.[0];
  return { ...given, fsx, create, describe, vpcId };
};

test.concurrent('a token with the same parameters names one file system, with others it is refused', async (t) => {
  const { create, account } = await start(t);
  const first = await create();
  expect((await create())?.FileSystemId).toBe(first?.FileSystemId);
  const twins = await Promise.all([0, 1].map(() => create({ ClientRequestToken: 'twins' })));
  expect(new Set(twins.map((each) => each?.FileSystemId)).size).toBe(1);
  await expect(create({ StorageCapacity: 2400 })).rejects.toMatchObject({ name: 'IncompatibleParameterError' });
  expect((await account.inventory()).filter(({ type }) => type === 'AWS::FSx::FileSystem')).toHaveLength(2);
});

test.concurrent('what does not fit together is refused', async (t) => {
  const { create } = await start(t);
  let count = 0;
  const no = async (more: Partial<CreateFileSystemCommandInput>, lustre: CreateFileSystemLustreConfiguration = {}) => {
    count += 1;
    const LustreConfiguration = { DeploymentType: 'SCRATCH_2' as const, ...lustre };
    const made = create({ ClientRequestToken: `no-${count}`, LustreConfiguration, ...more });
    return (await refusal(made)).split(':')[0];
  };
  for (const StorageCapacity of [0, 1000, 3600, 5000]) expect(await no({ StorageCapacity })).toBe('BadRequest');
  for (const StorageCapacity of [1200, 2400, 7200]) expect(await no({ StorageCapacity })).toBe('accepted');
  expect(await no({ KmsKeyId: 'alias/x' })).toBe('BadRequest');
  expect(await no({}, { PerUnitStorageThroughput: 50 })).toBe('BadRequest');
  expect(await no({}, { AutomaticBackupRetentionDays: 1 })).toBe('BadRequest');
  expect(await no({}, { DeploymentType: 'PERSISTENT_2' })).toBe('BadRequest');
  expect(await no({}, { DeploymentType: 'PERSISTENT_2', PerUnitStorageThroughput: 50 })).toBe(
    'InvalidPerUnitStorageThroughput',
  );
  expect(
    await no({ FileSystemTypeVersion: '2.10' }, { DeploymentType: 'PERSISTENT_2', PerUnitStorageThroughput: 125 }),
  ).toBe('BadRequest');
  expect(await no({ SubnetIds: ['subnet-0123456789abcdef0'] })).toBe('InvalidNetworkSettings');
  expect(await no({ SecurityGroupIds: ['sg-0123456789abcdef0'] })).toBe('InvalidNetworkSettings');
  expect(await no({ ClientRequestToken: 'a b' })).toBe('BadRequest');
});

test.concurrent('the groups must let Lustre through', async (t) => {
  const { create, ec2, vpcId } = await start(t);
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'lustre', VpcId: vpcId, Description: 'd' }),
  );
  const made = () => refusal(create({ SecurityGroupIds: [GroupId] }));
  const open = (FromPort: number, ToPort: number) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort, ToPort, UserIdGroupPairs: [{ GroupId }] }],
      }),
    );
  const closed = /^InvalidNetworkSettings: .*do not permit Lustre LNET network traffic on port 988/;
  expect(await made()).toMatch(closed);
  await open(1018, 1023);
  expect(await made()).toMatch(closed);
  await open(988, 988);
  expect(await made()).toBe('accepted');
});

test.concurrent('a file system is CREATING for minutes, AVAILABLE, and holds its group until it is gone', async (t) => {
  const { account, fsx, ec2, create, describe, vpcId } = await start(t);
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'lustre', VpcId: vpcId, Description: 'd' }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }],
    }),
  );
  await account.scale(1);
  const made = await create({ SecurityGroupIds: [GroupId], Tags: [{ Key: 'Name', Value: 'n' }] });
  const FileSystemId = made?.FileSystemId;
  expect(made).toMatchObject({ Lifecycle: 'CREATING', DNSName: `${FileSystemId}.fsx.us-east-1.amazonaws.com` });
  expect(made?.NetworkInterfaceIds?.length).toBeGreaterThan(0);
  const remove = () => fsx.send(new DeleteFileSystemCommand({ FileSystemId }));
  expect(await refusal(remove())).toMatch(/^BadRequest: .*CREATING/);
  await account.pass(HOUR_MS);
  expect(await describe(FileSystemId)).toMatchObject({ Lifecycle: 'AVAILABLE' });
  expect((await describe(FileSystemId))?.LustreConfiguration?.MountName).toMatch(/^\w{8}$/);
  expect(await remove()).toMatchObject({ FileSystemId, Lifecycle: 'DELETING' });
  expect((await describe(FileSystemId))?.Lifecycle).toBe('DELETING');
  expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toMatch(/^DependencyViolation/);
  await account.pass(HOUR_MS);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  expect(await refusal(describe(FileSystemId))).toMatch(/^FileSystemNotFound/);
  expect(await refusal(remove())).toMatch(/^FileSystemNotFound/);
  expect((await account.inventory()).filter(({ type }) => /FSx|NetworkInterface/.test(type))).toEqual([]);
});

test.concurrent('one that is told to fail says why, and can be deleted', async (t) => {
  const { account, fsx, create, describe } = await start(t);
  await account.worlds({ lustreFails: 'no capacity' });
  const FileSystemId = (await create())?.FileSystemId;
  expect(await describe(FileSystemId)).toMatchObject({
    Lifecycle: 'FAILED',
    FailureDetails: { Message: 'no capacity' },
  });
  await fsx.send(new DeleteFileSystemCommand({ FileSystemId }));
  expect(await refusal(describe(FileSystemId))).toMatch(/^FileSystemNotFound/);
});

test.concurrent('a world in which one that is being made can be deleted', async (t) => {
  const { account, fsx, create } = await start(t);
  await account.scale(1);
  await account.worlds({ lustreDeleteWhileCreating: 'taken' });
  const FileSystemId = (await create())?.FileSystemId;
  expect(await fsx.send(new DeleteFileSystemCommand({ FileSystemId }))).toMatchObject({ Lifecycle: 'DELETING' });
});

test.concurrent('scratch has no backups; persistent is backed up by hand and, if told to, before it goes', async (t) => {
  const { account, fsx, create } = await start(t);
  const scratch = (await create())?.FileSystemId;
  const backup = (FileSystemId: string | undefined, ClientRequestToken: string) =>
    fsx.send(new CreateBackupCommand({ FileSystemId, ClientRequestToken }));
  expect(await refusal(backup(scratch, 's'))).toMatch(/^BadRequest/);
  const last = { SkipFinalBackup: false, FinalBackupTags: [{ Key: 'k', Value: 'v' }] };
  const deleteWithBackup = (FileSystemId: string | undefined) =>
    fsx.send(new DeleteFileSystemCommand({ FileSystemId, LustreConfiguration: last }));
  expect(await refusal(deleteWithBackup(scratch))).toMatch(/^BadRequest/);
  const id = (await create({ ClientRequestToken: 'p', LustreConfiguration: PERSISTENT }))?.FileSystemId;
  const { Backup } = await backup(id, 'b');
  expect((await backup(id, 'b')).Backup?.BackupId).toBe(Backup?.BackupId);
  const gone = await deleteWithBackup(id);
  expect(gone.LustreResponse).toMatchObject({ FinalBackupTags: [{ Key: 'k', Value: 'v' }] });
  const filter = { Filters: [{ Name: 'file-system-id' as const, Values: [String(id)] }] };
  const { Backups = [] } = await fsx.send(new DescribeBackupsCommand(filter));
  expect(Backups.map(({ BackupId, Lifecycle }) => [BackupId, Lifecycle])).toEqual([
    [Backup?.BackupId, 'AVAILABLE'],
    [gone.LustreResponse?.FinalBackupId, 'AVAILABLE'],
  ]);
  for (const { BackupId } of Backups) await fsx.send(new DeleteBackupCommand({ BackupId }));
  expect(await refusal(fsx.send(new DescribeBackupsCommand({ BackupIds: [String(Backup?.BackupId)] })))).toMatch(
    /^BackupNotFound/,
  );
  expect((await account.inventory()).filter(({ type }) => type === 'AWS::FSx::Backup')).toEqual([]);
});

test.concurrent('tags go by ARN and stand in the inventory', async (t) => {
  const { account, fsx, create } = await start(t);
  const ResourceARN = String((await create({ Tags: [{ Key: 'a', Value: '1' }] }))?.ResourceARN);
  await fsx.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: 'b', Value: '2' }] }));
  await fsx.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['a'] }));
  expect((await fsx.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([{ Key: 'b', Value: '2' }]);
  const [found] = (await account.inventory()).filter(({ type }) => type === 'AWS::FSx::FileSystem');
  expect(found).toMatchObject({ state: 'AVAILABLE', tags: { b: '2' }, details: { storageCapacity: 1200 } });
  const absent = fsx.send(new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}0` }));
  expect(await refusal(absent)).toMatch(/^ResourceNotFound/);
});

test.concurrent('one grows by steps alone, and not while it grows', async (t) => {
  const { account, fsx, create, describe } = await start(t);
  const FileSystemId = String((await create())?.FileSystemId);
  const grow = (StorageCapacity: number, ClientRequestToken = String(StorageCapacity)) =>
    fsx.send(new UpdateFileSystemCommand({ FileSystemId, StorageCapacity, ClientRequestToken }));
  for (const wrong of [600, 1_200, 3_600]) expect(await refusal(grow(wrong))).toMatch(/^BadRequest/);
  await account.scale(1);
  await grow(2_400);
  expect((await grow(2_400)).FileSystem?.AdministrativeActions).toHaveLength(1);
  const growing = await describe(FileSystemId);
  expect(growing).toMatchObject({ Lifecycle: 'UPDATING', StorageCapacity: 1_200 });
  expect(growing?.AdministrativeActions).toMatchObject([
    {
      AdministrativeActionType: 'FILE_SYSTEM_UPDATE',
      Status: 'IN_PROGRESS',
      TargetFileSystemValues: { StorageCapacity: 2_400 },
    },
  ]);
  expect(await refusal(grow(4_800))).toMatch(/^BadRequest/);
  await account.scale(0);
  const small = String((await create({ ClientRequestToken: 'other' }))?.FileSystemId);
  const other = (StorageCapacity: number) =>
    fsx.send(new UpdateFileSystemCommand({ FileSystemId: small, StorageCapacity }));
  await other(2_400);
  await other(4_800);
  expect(await describe(small)).toMatchObject({ Lifecycle: 'AVAILABLE', StorageCapacity: 4_800 });
});

import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateFileSystemCommand,
  type CreateFileSystemCommandInput,
  CreateMountTargetCommand,
  DeleteFileSystemCommand,
  DeleteMountTargetCommand,
  DescribeBackupPolicyCommand,
  DescribeFileSystemsCommand,
  DescribeLifecycleConfigurationCommand,
  DescribeMountTargetSecurityGroupsCommand,
  DescribeMountTargetsCommand,
  EFSClient,
  ListTagsForResourceCommand,
  ModifyMountTargetSecurityGroupsCommand,
  PutBackupPolicyCommand,
  PutLifecycleConfigurationCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-efs';
import { expect, type TestContext, test } from 'vitest';
import { HOUR_MS } from '../support/sandbox.ts';
import { createNetwork, type Rig, refusal, rig, until } from './batch-rig.ts';

const start = async (t: TestContext) => {
  const given = await rig(t);
  const efs = new EFSClient(given.account.client);
  const create = async (more: Partial<CreateFileSystemCommandInput> = {}) =>
    String((await efs.send(new CreateFileSystemCommand({ CreationToken: 'token', ...more }))).FileSystemId);
  const mount = (FileSystemId: string, SubnetId: string, ...SecurityGroups: string[]) =>
    efs.send(
      new CreateMountTargetCommand({ FileSystemId, SubnetId, ...(SecurityGroups.length > 0 && { SecurityGroups }) }),
    );
  const describe = async (FileSystemId: string) =>
    (await efs.send(new DescribeFileSystemsCommand({ FileSystemId }))).FileSystems?.[0];
  return { ...given, efs, create, mount, describe };
};

const createGroup = async ({ ec2 }: Rig, VpcId: string, GroupName: string): Promise<string> => {
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName, VpcId, Description: 'd' }));
  return String(GroupId);
};

test.concurrent('a creation token names one file system for as long as it lives', async (t) => {
  const { efs, create } = await start(t);
  const id = await create();
  await expect(create()).rejects.toMatchObject({
    name: 'FileSystemAlreadyExists',
    FileSystemId: id,
    $metadata: { httpStatusCode: 409 },
  });
  const byToken = async (CreationToken: string) =>
    (await efs.send(new DescribeFileSystemsCommand({ CreationToken }))).FileSystems?.map(
      ({ FileSystemId }) => FileSystemId,
    );
  expect(await byToken('token')).toEqual([id]);
  expect(await byToken('other')).toEqual([]);
  await efs.send(new DeleteFileSystemCommand({ FileSystemId: id }));
  expect(await create()).not.toBe(id);
});

test.concurrent('what does not fit together is refused', async (t) => {
  const { create } = await start(t);
  const no = async (more: Partial<CreateFileSystemCommandInput>) => (await refusal(create(more))).split(':')[0];
  expect(await no({ CreationToken: 't'.repeat(65) })).toBe('BadRequest');
  expect(await no({ AvailabilityZoneName: 'us-east-1x' })).toBe('UnsupportedAvailabilityZone');
  expect(await no({ AvailabilityZoneName: 'us-east-1a', PerformanceMode: 'maxIO' })).toBe('BadRequest');
  expect(await no({ ThroughputMode: 'provisioned' })).toBe('BadRequest');
  expect(await no({ KmsKeyId: 'alias/none' })).toBe('BadRequest');
  expect(await no({ Encrypted: true, KmsKeyId: 'alias/none' })).toBe('BadRequest');
  expect(await no({ Tags: [{ Key: 'aws:x', Value: 'y' }] })).toBe('BadRequest');
});

test.concurrent('One Zone is backed up unless somebody says no', async (t) => {
  const { efs, create } = await start(t);
  const backup = async (more: Partial<CreateFileSystemCommandInput>) => {
    const FileSystemId = await create({ CreationToken: JSON.stringify(more).slice(0, 64), ...more });
    return (
      await efs
        .send(new DescribeBackupPolicyCommand({ FileSystemId }))
        .catch(({ name }: Error) => ({ BackupPolicy: { Status: name } }))
    ).BackupPolicy?.Status;
  };
  expect(await backup({})).toBe('PolicyNotFound');
  expect(await backup({ AvailabilityZoneName: 'us-east-1a' })).toBe('ENABLED');
  expect(await backup({ AvailabilityZoneName: 'us-east-1a', Backup: false })).toBe('PolicyNotFound');
  expect(await backup({ Backup: true })).toBe('ENABLED');
});

test.concurrent('only an available file system takes policies and mount targets', async (t) => {
  const given = await start(t);
  const { efs, account, create, describe, mount } = given;
  const { subnetId } = await createNetwork(given);
  await account.scale(1);
  const FileSystemId = await create();
  expect((await describe(FileSystemId))?.LifeCycleState).toBe('creating');
  const rules = { FileSystemId, LifecyclePolicies: [{ TransitionToIA: 'AFTER_30_DAYS' as const }] };
  const incorrect = { name: 'IncorrectFileSystemLifeCycleState', $metadata: { httpStatusCode: 409 } };
  await expect(efs.send(new PutLifecycleConfigurationCommand(rules))).rejects.toMatchObject(incorrect);
  const BackupPolicy = { Status: 'DISABLED' as const };
  await expect(efs.send(new PutBackupPolicyCommand({ FileSystemId, BackupPolicy }))).rejects.toMatchObject(incorrect);
  await expect(mount(FileSystemId, subnetId)).rejects.toMatchObject(incorrect);
  await until(async () => expect((await describe(FileSystemId))?.LifeCycleState).toBe('available'));
  await efs.send(new PutLifecycleConfigurationCommand(rules));
  expect(await efs.send(new DescribeLifecycleConfigurationCommand({ FileSystemId }))).toMatchObject({
    LifecyclePolicies: rules.LifecyclePolicies,
  });
  const twice = [{ TransitionToIA: 'AFTER_30_DAYS' as const, TransitionToArchive: 'AFTER_90_DAYS' as const }];
  expect(
    await refusal(efs.send(new PutLifecycleConfigurationCommand({ FileSystemId, LifecyclePolicies: twice }))),
  ).toMatch(/^BadRequest: .*exactly one/);
});

test.concurrent('a mount target is an interface that holds subnet and group until it is gone', async (t) => {
  const given = await start(t);
  const { account, ec2, efs, create, mount, describe } = given;
  const { vpcId, subnetId } = await createNetwork(given);
  const group = await createGroup(given, vpcId, 'nfs');
  const FileSystemId = await create({ Tags: [{ Key: 'Name', Value: 'n' }] });
  const { MountTargetId = '', NetworkInterfaceId = '' } = await mount(FileSystemId, subnetId, group);
  expect(await describe(FileSystemId)).toMatchObject({
    NumberOfMountTargets: 1,
    Name: 'n',
    SizeInBytes: { Value: 6144 },
  });
  const { NetworkInterfaces } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'group-id', Values: [group] }] }),
  );
  expect(NetworkInterfaces).toMatchObject([{ NetworkInterfaceId, Status: 'in-use', RequesterManaged: true }]);
  expect(await refusal(ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })))).toMatch(
    /currently in use/,
  );
  expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId: group })))).toMatch(/^DependencyViolation/);
  await expect(efs.send(new DeleteFileSystemCommand({ FileSystemId }))).rejects.toMatchObject({
    name: 'FileSystemInUse',
    $metadata: { httpStatusCode: 409 },
  });
  await account.scale(1);
  await efs.send(new DeleteMountTargetCommand({ MountTargetId }));
  await efs.send(new DeleteMountTargetCommand({ MountTargetId })); // again, while it goes
  const { MountTargets } = await efs.send(new DescribeMountTargetsCommand({ FileSystemId }));
  expect(MountTargets).toMatchObject([{ LifeCycleState: 'deleting' }]);
  expect(await refusal(ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })))).toMatch(/^DependencyViolation/);
  expect(await refusal(efs.send(new DeleteFileSystemCommand({ FileSystemId })))).toMatch(/^FileSystemInUse/);
  await account.pass(HOUR_MS);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
  expect(await refusal(efs.send(new DeleteMountTargetCommand({ MountTargetId })))).toMatch(/^MountTargetNotFound/);
  await ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  await efs.send(new DeleteFileSystemCommand({ FileSystemId }));
  await account.pass(HOUR_MS);
  expect(await refusal(describe(FileSystemId))).toMatch(/^FileSystemNotFound/);
  expect((await account.inventory()).filter(({ type }) => /EFS|NetworkInterface/.test(type))).toEqual([]);
});

test.concurrent('one mount target for each zone of one VPC, and for One Zone in its zone alone', async (t) => {
  const given = await start(t);
  const { create, mount, ec2 } = given;
  const { vpcId, subnetId } = await createNetwork(given);
  const subnet = async (CidrBlock: string, AvailabilityZone: string) => {
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock, AvailabilityZone }));
    return String(Subnet?.SubnetId);
  };
  const [same, other] = [await subnet('192.168.64.0/18', 'us-east-1a'), await subnet('192.168.128.0/18', 'us-east-1b')];
  const foreign = await createNetwork(given, '10.1.0.0/16');
  const regional = await create();
  await mount(regional, subnetId);
  expect(await refusal(mount(regional, same))).toMatch(/^MountTargetConflict/);
  await mount(regional, other);
  expect(await refusal(mount(regional, foreign.subnetId))).toMatch(/^MountTargetConflict/);
  expect(await refusal(mount(regional, 'subnet-0123456789abcdef0'))).toMatch(/^SubnetNotFound/);
  const oneZone = await create({ CreationToken: 'one-zone', AvailabilityZoneName: 'us-east-1b' });
  expect(await refusal(mount(oneZone, subnetId))).toMatch(/^AvailabilityZonesMismatch/);
  expect(await refusal(mount(oneZone, other, foreign.groupId))).toMatch(/^SecurityGroupNotFound/);
  await mount(oneZone, other);
  expect(await refusal(mount(oneZone, other))).toMatch(/^MountTargetConflict/);
});

test.concurrent('the groups of a mount target can be replaced', async (t) => {
  const given = await start(t);
  const { ec2, efs, create, mount } = given;
  const { vpcId, subnetId, groupId } = await createNetwork(given);
  const { MountTargetId, NetworkInterfaceId } = await mount(await create(), subnetId);
  const groups = async () =>
    (await efs.send(new DescribeMountTargetSecurityGroupsCommand({ MountTargetId }))).SecurityGroups;
  expect(await groups()).toEqual([groupId]); // the VPC's default group
  const nfs = await createGroup(given, vpcId, 'nfs');
  await efs.send(new ModifyMountTargetSecurityGroupsCommand({ MountTargetId, SecurityGroups: [nfs] }));
  expect(await groups()).toEqual([nfs]);
  const { NetworkInterfaces } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [String(NetworkInterfaceId)] }),
  );
  expect(NetworkInterfaces?.[0]?.Groups?.map(({ GroupId }) => GroupId)).toEqual([nfs]);
});

test.concurrent('tags and seeded contents are in the inventory', async (t) => {
  const { account, efs, create, describe } = await start(t);
  const ResourceId = await create({ Tags: [{ Key: 'a', Value: '1' }] });
  await efs.send(new TagResourceCommand({ ResourceId, Tags: [{ Key: 'b', Value: '2' }] }));
  await efs.send(new UntagResourceCommand({ ResourceId, TagKeys: ['a'] }));
  expect((await efs.send(new ListTagsForResourceCommand({ ResourceId }))).Tags).toEqual([{ Key: 'b', Value: '2' }]);
  await account.seed('PUT file-systems', { id: ResourceId, sizeBytes: 5_000_000 });
  expect((await describe(ResourceId))?.SizeInBytes?.Value).toBe(5_000_000);
  expect(await account.inventory()).toMatchObject([
    {
      type: 'AWS::EFS::FileSystem',
      id: ResourceId,
      state: 'available',
      tags: { b: '2' },
      details: { sizeBytes: 5_000_000 },
    },
  ]);
  await expect(account.seed('PUT file-systems', { id: 'fs-0', sizeBytes: 1 })).rejects.toThrow('400');
});

import { CreateFileSystemCommand, DeleteFileSystemCommand } from '@aws-sdk/client-fsx';
import { expect, test } from 'vitest';
import { tagList } from '#domain/core/ownership.ts';
import { attempt, complete } from '../../control/rig.ts';
import { BY_RUN, ownCases } from '../compute/cases.ts';
import { CONFIRMED, lustreOn, lustreRig, specOf } from './rig.ts';

ownCases({
  type: 'AWS::FSx::FileSystem',
  service: 'fsx',
  create: 'CreateFileSystem',
  deletion: 'DeleteFileSystem',
  nameless: true,
  async prepare(rig) {
    const { ensureLustre, deleteLustre, awaitLustreGone, place, fsx } = await lustreOn(rig);
    return {
      ensure: (run) => ensureLustre(specOf(rig, run), place),
      async remove(removal, run) {
        await deleteLustre(specOf(rig, run), CONFIRMED, removal);
        await awaitLustreGone(specOf(rig, run), removal);
      },
      async seed(tags) {
        const command = new CreateFileSystemCommand({
          FileSystemType: 'LUSTRE',
          StorageCapacity: 1_200,
          SubnetIds: [place.subnetId],
          SecurityGroupIds: [place.securityGroupId],
          LustreConfiguration: { DeploymentType: 'SCRATCH_2' },
          Tags: tagList(tags),
        });
        return (await fsx.send(command)).FileSystem?.FileSystemId ?? '';
      },
    };
  },
});

test('it is scratch of the asked size, and tells how it is mounted', async (t) => {
  const { spec, place, items, ensureLustre, awaitLustreAvailable } = await lustreRig(t);
  const { fileSystemId } = await complete(ensureLustre, spec, place);
  const lustre = await complete(awaitLustreAvailable, spec, fileSystemId);
  expect(lustre).toEqual({
    id: fileSystemId,
    dnsName: `${fileSystemId}.fsx.us-east-1.amazonaws.com`,
    mountName: expect.stringMatching(/^\w{8}$/),
  });
  expect(await items()).toMatchObject([
    {
      id: fileSystemId,
      state: 'AVAILABLE',
      details: {
        storageCapacity: 1_200,
        version: '2.15',
        subnetId: place.subnetId,
        securityGroupIds: [place.securityGroupId],
        lustre: { DeploymentType: 'SCRATCH_2', AutomaticBackupRetentionDays: 0 },
      },
    },
  ]);
});

test('it is persistent where data is to be backed up', async (t) => {
  const rig = await lustreRig(t);
  await rig.make(specOf(rig, 'run-1', { deployment: 'PERSISTENT_2', storageCapacity: 4_800 }));
  const lustre = { DeploymentType: 'PERSISTENT_2', PerUnitStorageThroughput: 125 };
  expect(await rig.items()).toMatchObject([{ details: { storageCapacity: 4_800, lustre } }]);
});

test('the minutes that it takes are looks, and what FSx says of a failure is told', async (t) => {
  const { account, spec, place, ensureLustre, awaitLustreAvailable } = await lustreRig(t);
  await account.scale(1);
  const { fileSystemId } = await complete(ensureLustre, spec, place);
  await expect(attempt(awaitLustreAvailable, [spec, fileSystemId])).rejects.toMatchObject({
    type: 'NotYet',
    message: `file system ${fileSystemId} is CREATING`,
  });
  await expect(attempt(awaitLustreAvailable, [spec, 'fs-0123456789abcdef0'])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('not visible yet'),
  });
});

test('one that failed is told with its reason; the next is another one, and an undo takes both', async (t) => {
  const { account, spec, place, items, ensureLustre, awaitLustreAvailable, deleteLustre, awaitLustreGone } =
    await lustreRig(t);
  await account.worlds({ lustreFails: 'There is not enough capacity in the Availability Zone.' });
  const failed = await complete(ensureLustre, spec, place);
  await expect(complete(awaitLustreAvailable, spec, failed.fileSystemId)).rejects.toMatchObject({
    type: 'Invalid',
    message: expect.stringMatching(/is FAILED: There is not enough capacity/),
  });
  await account.worlds({ lustreFails: null });
  const again = await complete(ensureLustre, spec, place);
  expect(again.fileSystemId).not.toBe(failed.fileSystemId);
  await complete(awaitLustreAvailable, spec, again.fileSystemId);
  expect(await items()).toHaveLength(2);
  await complete(deleteLustre, spec, { data: 'retain', confirmed: false }, BY_RUN);
  await complete(awaitLustreGone, spec, BY_RUN);
  expect(await items()).toEqual([]);
});

test('one that is to be larger grows, asked for once, and what is larger stays so', async (t) => {
  const rig = await lustreRig(t);
  const { account, place, items, ensureLustre, awaitLustreAvailable } = rig;
  const id = await rig.make();
  expect(await rig.make(specOf(rig, 'run-2', { storageCapacity: 2_400 }))).toBe(id);
  expect(await rig.make()).toBe(id);
  expect(await items()).toMatchObject([{ id, details: { storageCapacity: 2_400 } }]);
  await account.scale(1);
  const larger = specOf(rig, 'run-3', { storageCapacity: 4_800 });
  const asked = (await account.journal()).at(-1)?.seq ?? 0;
  for (let times = 0; times < 2; times += 1) await complete(ensureLustre, larger, place);
  expect((await account.journal(asked)).filter(({ operation }) => operation === 'UpdateFileSystem')).toHaveLength(1);
  await expect(attempt(awaitLustreAvailable, [larger, id])).rejects.toMatchObject({
    type: 'NotYet',
    message: `file system ${id} has 2400 GiB, and grows to 4800`,
  });
  // Another one has to wait for it.
  const largest = specOf(rig, 'run-4', { storageCapacity: 7_200 });
  await expect(attempt(ensureLustre, [largest, place])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('grows to 4800 GiB first'),
  });
});

test('while an earlier one is being deleted no other is made', async (t) => {
  const { account, spec, place, fsx, make, ensureLustre } = await lustreRig(t);
  const FileSystemId = await make();
  await account.scale(1);
  await fsx.send(new DeleteFileSystemCommand({ FileSystemId }));
  await expect(attempt(ensureLustre, [spec, place])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('is being deleted'),
  });
});

test.for(['refused', 'taken'] as const)('an undo while it is CREATING, which FSx has %s', async (world, t) => {
  const { account, spec, place, items, ensureLustre, deleteLustre, awaitLustreGone } = await lustreRig(t);
  await account.worlds({ lustreDeleteWhileCreating: world });
  await account.scale(0.001);
  await complete(ensureLustre, spec, place);
  await complete(deleteLustre, spec, { data: 'retain', confirmed: false }, BY_RUN);
  await complete(awaitLustreGone, spec, BY_RUN);
  expect(await items()).toEqual([]);
});

import {
  CreateFileSystemCommand,
  DeleteFileSystemCommand,
  EFSClient,
  PutLifecycleConfigurationCommand,
} from '@aws-sdk/client-efs';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { codeOf } from '#domain/core/failures.ts';
import { tagList } from '#domain/core/ownership.ts';
import { attempt, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { ownCases } from '../compute/cases.ts';
import { activitiesOf, DELETE, efsRig, specOf, ZONE } from './rig.ts';

ownCases({
  type: 'AWS::EFS::FileSystem',
  service: 'elasticfilesystem',
  create: 'CreateFileSystem',
  deletion: 'DeleteFileSystem',
  prepare(rig) {
    const { ensureEfs, deleteEfs, awaitEfsGone } = activitiesOf(rig);
    const efs = new EFSClient(rig.account.client);
    return {
      ensure: (run) => ensureEfs(specOf(rig, run), ZONE),
      async remove(removal, run) {
        await deleteEfs(specOf(rig, run), DELETE, removal);
        await awaitEfsGone(specOf(rig, run), removal);
      },
      async seed(tags) {
        const CreationToken = specOf(rig).creationToken;
        return (await efs.send(new CreateFileSystemCommand({ CreationToken, Tags: tagList(tags) }))).FileSystemId ?? '';
      },
    };
  },
});

test('it is encrypted, in one zone, without backups, and what is not used moves to infrequent access', async (t) => {
  const { make, items, efs, spec, ensureEfsSettings, account } = await efsRig(t);
  const id = await make();
  const WANTED = {
    id,
    name: spec.name,
    state: 'available',
    details: {
      creationToken: spec.name,
      encrypted: true,
      availabilityZone: ZONE,
      backup: null,
      throughputMode: 'bursting',
      lifecyclePolicies: [{ TransitionToIA: 'AFTER_30_DAYS' }],
    },
  };
  expect((await items())[0]).toMatchObject(WANTED);

  await efs.send(new PutLifecycleConfigurationCommand({ FileSystemId: id, LifecyclePolicies: [] }));
  expect((await items())[0]).not.toMatchObject(WANTED);
  await complete(ensureEfsSettings, spec, id);
  expect((await items())[0]).toMatchObject(WANTED);
  const seq = (await account.journal()).at(-1)?.seq ?? 0;
  await complete(ensureEfsSettings, spec, id);
  expect((await account.journal(seq)).filter(({ mutating }) => mutating)).toEqual([]);
});

test('a key of its own encrypts it, and one that does not exist is refused', async (t) => {
  const rig = await efsRig(t);
  const { KeyMetadata } = await new KMSClient(rig.account.client).send(new CreateKeyCommand({}));
  const wanted = specOf(rig, 'run-1', { kmsKeyId: KeyMetadata?.KeyId ?? '' });
  const none = specOf(rig, 'run-1', { kmsKeyId: '00000000-0000-0000-0000-000000000000' });
  expect(codeOf(await attempt(rig.ensureEfs, [none, ZONE]).catch((error: unknown) => error))).toBe('Invalid');
  await complete(rig.ensureEfs, wanted, ZONE);
  expect((await rig.items())[0]?.details).toMatchObject({ kmsKeyId: KeyMetadata?.Arn });
});

test('what takes its time is looked at until it is there', async (t) => {
  const { account, spec, place, ensureEfs, awaitEfsAvailable, ensureMountTarget } = await efsRig(t);
  await account.scale(1);
  const { fileSystemId } = await complete(ensureEfs, spec, ZONE);
  const early = attempt(awaitEfsAvailable, [spec, fileSystemId]);
  await expect(early).rejects.toMatchObject({ type: 'NotYet', message: expect.stringContaining('is creating') });
  // What comes too early is no failure.
  await expect(attempt(ensureMountTarget, [spec, fileSystemId, place])).rejects.toMatchObject({ type: 'NotYet' });
  await account.pass(HOUR_MS);
  await complete(awaitEfsAvailable, spec, fileSystemId);
});

test('one that is being deleted is waited for, and another is made then', async (t) => {
  const { account, spec, efs, ensureEfs, items } = await efsRig(t);
  await account.scale(1);
  const first = await complete(ensureEfs, spec, ZONE);
  await efs.send(new DeleteFileSystemCommand({ FileSystemId: first.fileSystemId }));
  const early = attempt(ensureEfs, [spec, ZONE]);
  await expect(early).rejects.toMatchObject({ type: 'NotYet', message: expect.stringContaining('being deleted') });
  await account.pass(HOUR_MS);
  const again = await complete(ensureEfs, spec, ZONE);
  expect(again.fileSystemId).not.toBe(first.fileSystemId);
  expect((await items()).map(({ id }) => id)).toEqual([again.fileSystemId]);
});

import { expect, test } from 'vitest';
import { retainedActivities } from '#activities/compute/retained.ts';
import { efsActivities } from '#activities/efs/file-system.ts';
import { efsRemovalActivities } from '#activities/efs/removal.ts';
import { attempt, complete } from '../../control/rig.ts';
import { lustreRig, specOf } from '../fsx/rig.ts';
import { BY_OWNER, baseOf, ownerOf } from './cases.ts';

test('what an owner left is listed, backups too, and nothing else', async (t) => {
  const rig = await lustreRig(t);
  const { deps, account, group } = rig;
  const { observeRetained } = retainedActivities(deps);
  const { ensureEfs, awaitEfsAvailable, releaseEfs } = { ...efsActivities(deps), ...efsRemovalActivities(deps) };
  const keep = { data: 'retain', confirmed: false } as const;
  const backUp = { data: 'snapshot', confirmed: false } as const;
  const lustre = specOf(rig, 'run-1', { deployment: 'PERSISTENT_2' });
  const efs = { ...baseOf(rig), creationToken: 'token', kmsKeyId: null };
  await rig.make(lustre);
  const { fileSystemId } = await complete(ensureEfs, efs, 'us-east-1a');
  await complete(awaitEfsAvailable, efs, fileSystemId);
  expect(await attempt(observeRetained, [lustre])).toEqual([]);

  await complete(rig.retireLustre, lustre, backUp, BY_OWNER);
  await complete(rig.awaitLustreBackedUp, lustre, backUp, BY_OWNER);
  await complete(rig.releaseLustre, lustre, keep, BY_OWNER);
  await complete(rig.releaseOwnSecurityGroup, group, BY_OWNER);
  await complete(releaseEfs, efs, keep, BY_OWNER);
  const retained = await attempt(observeRetained, [lustre]);
  expect(retained.map(({ type }) => type)).toEqual([
    'AWS::EFS::FileSystem',
    'AWS::FSx::FileSystem',
    'AWS::FSx::Backup',
    'AWS::EC2::SecurityGroup',
  ]);
  const ids = (await account.inventory()).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(retained.map(({ id }) => id)));
  const other = { ...lustre, owner: ownerOf('run-1', 'z9y8x7w6v5u4t3s2r1q0') };
  expect(await attempt(observeRetained, [other])).toEqual([]);
});

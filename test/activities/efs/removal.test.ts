import { UntagResourceCommand } from '@aws-sdk/client-efs';
import { expect, test } from 'vitest';
import { kindTag, RETAINED_TAG, RUN_TAG } from '#domain/core/ownership.ts';
import { attempt, complete } from '../../control/rig.ts';
import { BY_OWNER, BY_RUN, ownerOf } from '../compute/cases.ts';
import { DELETE, efsRig, type Guard, specOf, ZONE } from './rig.ts';

const FULL = 7_000_000;

test.for<[string, Guard]>([
  ['to be deleted, without a confirmation', { data: 'delete', confirmed: false }],
  ['to be backed up, which EFS does not do by itself', { data: 'snapshot', confirmed: true }],
])('one that holds data %s is left as it is, and says what helps', async ([, guard], t) => {
  const { account, spec, make, fill, releaseEfs, deleteEfs } = await efsRig(t);
  await fill(await make(), FULL);
  const before = await account.inventory();
  for (const removal of [BY_OWNER, BY_RUN]) {
    const refusal = { type: 'Conflict', message: expect.stringMatching(/holds 7000000 bytes.*data guard to retain/) };
    await expect(attempt(releaseEfs, [spec, guard, removal])).rejects.toMatchObject(refusal);
    await expect(attempt(deleteEfs, [spec, guard, removal])).rejects.toMatchObject(refusal);
  }
  expect(await account.inventory()).toEqual(before);
});

test.for<[string, number, Guard]>([
  ['with a confirmation', FULL, { data: 'delete', confirmed: true }],
  ['when it is empty', 6_144, DELETE],
  ['when there is nothing to back up', 6_144, { data: 'snapshot', confirmed: false }],
])('%s it goes', async ([, bytes, guard], t) => {
  const rig = await efsRig(t);
  await rig.fill(await rig.make(), bytes);
  expect(await complete(rig.releaseEfs, rig.spec, guard, BY_OWNER)).toEqual({ kept: false });
  await complete(rig.deleteMountTargets, rig.spec, BY_OWNER);
  await complete(rig.awaitMountTargetsGone, rig.spec, BY_OWNER);
  await complete(rig.deleteEfs, rig.spec, guard, BY_OWNER);
  await complete(rig.awaitEfsGone, rig.spec, BY_OWNER);
  expect(await rig.items()).toEqual([]);
});

test("what is retained is nobody's, whether it is empty or not, and no removal takes it", async (t) => {
  const rig = await efsRig(t);
  const { account, make, spec, releaseEfs, deleteMountTargets, deleteEfs, awaitEfsGone, findRemainingEfs } = rig;
  const guard: Guard = { data: 'retain', confirmed: true };
  const id = await make();
  await account.faults(
    { service: 'elasticfilesystem', operation: 'TagResource', fault: 'lost-answer' },
    { service: 'elasticfilesystem', operation: 'UntagResource', fault: 'lost-answer' },
  );
  expect(await complete(releaseEfs, specOf(rig, 'run-2'), guard, BY_OWNER)).toEqual({ kept: true });
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
  const [kept] = (await rig.items()).filter((item) => item.id === id);
  expect(kept?.tags).toEqual({ ...spec.tags, [RETAINED_TAG]: spec.owner.id });
  expect(await complete(releaseEfs, spec, guard, BY_OWNER)).toEqual({ kept: true });
  expect(await attempt(findRemainingEfs, [spec, 'owner'])).toEqual([]);

  const before = await account.inventory();
  for (const removal of [BY_OWNER, BY_RUN]) {
    await complete(deleteMountTargets, spec, removal);
    await complete(deleteEfs, spec, { data: 'delete', confirmed: true }, removal);
    await complete(awaitEfsGone, spec, removal);
  }
  expect(await account.inventory()).toEqual(before);
});

test("a run that failed takes back what is empty even where its owner's data is retained", async (t) => {
  const { spec, ensureEfs, releaseEfs, deleteEfs, awaitEfsGone, items } = await efsRig(t);
  const guard: Guard = { data: 'retain', confirmed: false };
  await complete(ensureEfs, spec, ZONE);
  expect(await complete(releaseEfs, spec, guard, BY_RUN)).toEqual({ kept: false });
  await complete(deleteEfs, spec, guard, BY_RUN);
  await complete(awaitEfsGone, spec, BY_RUN);
  expect(await items()).toEqual([]);
});

test('what another owner left is not ours to keep', async (t) => {
  const rig = await efsRig(t);
  await rig.make();
  const guard: Guard = { data: 'retain', confirmed: false };
  await complete(rig.releaseEfs, rig.spec, guard, BY_OWNER);
  const before = await rig.account.inventory();
  const other = { ...rig.spec, owner: ownerOf('run-1', 'z9y8x7w6v5u4t3s2r1q0') };
  expect(await complete(rig.releaseEfs, other, guard, BY_OWNER)).toEqual({ kept: false });
  expect(await rig.account.inventory()).toEqual(before);
});

test("without its owner's tag it is not ours any more", async (t) => {
  const { spec, make, efs, deleteEfs, items } = await efsRig(t);
  const ResourceId = await make();
  await efs.send(new UntagResourceCommand({ ResourceId, TagKeys: [kindTag('compute-environment')] }));
  for (const removal of [BY_OWNER, BY_RUN]) await complete(deleteEfs, spec, DELETE, removal);
  const [left] = (await items()).filter(({ id }) => id === ResourceId);
  expect(left).toMatchObject({ state: 'available', tags: { [RUN_TAG]: 'run-1' } });
});

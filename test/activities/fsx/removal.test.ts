import { expect, test } from 'vitest';
import { RETAINED_TAG } from '#domain/core/ownership.ts';
import { attempt, complete } from '../../control/rig.ts';
import { HOUR_MS } from '../../support/sandbox.ts';
import { BY_OWNER, BY_RUN } from '../compute/cases.ts';
import { CONFIRMED, type Guard, lustreRig, specOf } from './rig.ts';

const SNAPSHOT: Guard = { data: 'snapshot', confirmed: false };

test.for<[string, Guard, RegExp]>([
  ['without a confirmation', { data: 'delete', confirmed: false }, /`eyrie compute dispose \S+ --confirm-data`/],
  ['where it is scratch, which has no backups', SNAPSHOT, /SCRATCH_2, which has no backups/],
])('it is left as it is %s', async ([, guard, exits], t) => {
  const { account, spec, make, releaseLustre, retireLustre, awaitLustreBackedUp, deleteLustre } = await lustreRig(t);
  await make();
  const before = await account.inventory();
  for (const call of [releaseLustre, retireLustre, awaitLustreBackedUp, deleteLustre]) {
    const refused = attempt<[typeof spec, Guard, typeof BY_OWNER], unknown>(call, [spec, guard, BY_OWNER]);
    await expect(refused).rejects.toMatchObject({ type: 'Conflict', message: expect.stringMatching(exits) });
  }
  expect(await account.inventory()).toEqual(before);
});

test('with a confirmation it goes, and the group after its interfaces', async (t) => {
  const rig = await lustreRig(t);
  const { account, spec, group, make, releaseLustre, deleteLustre, awaitLustreGone, deleteOwnSecurityGroup } = rig;
  await make();
  await account.scale(1);
  expect(await complete(releaseLustre, spec, CONFIRMED, BY_OWNER)).toEqual({ kept: false, backup: false });
  await complete(deleteLustre, spec, CONFIRMED, BY_OWNER);
  await expect(attempt(deleteOwnSecurityGroup, [group, BY_OWNER])).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('Created by Amazon FSx'),
  });
  await account.pass(HOUR_MS);
  await complete(awaitLustreGone, spec, BY_OWNER);
  await complete(deleteOwnSecurityGroup, group, BY_OWNER);
  expect(await rig.items()).toEqual([]);
});

test('what a failed run made and nobody was given goes without being asked for', async (t) => {
  const { spec, make, items, releaseLustre, deleteLustre, awaitLustreGone } = await lustreRig(t);
  await make();
  const guard: Guard = { data: 'retain', confirmed: false };
  expect(await complete(releaseLustre, spec, guard, BY_RUN)).toEqual({ kept: false, backup: false });
  await complete(deleteLustre, spec, guard, BY_RUN);
  await complete(awaitLustreGone, spec, BY_RUN);
  expect(await items()).toEqual([]);
});

test("what is retained is nobody's, and no removal takes it", async (t) => {
  const rig = await lustreRig(t);
  const { account, spec, make, releaseLustre, deleteLustre, awaitLustreGone, findRemainingLustre } = rig;
  const guard: Guard = { data: 'retain', confirmed: true };
  await make();
  await account.faults(
    { service: 'fsx', operation: 'TagResource', fault: 'lost-answer' },
    { service: 'fsx', operation: 'UntagResource', fault: 'lost-answer' },
  );
  expect(await complete(releaseLustre, specOf(rig, 'run-2'), guard, BY_OWNER)).toEqual({ kept: true, backup: false });
  expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
  expect((await rig.items()).map(({ tags }) => tags)).toEqual([{ ...spec.tags, [RETAINED_TAG]: spec.owner.id }]);
  expect(await complete(releaseLustre, spec, guard, BY_OWNER)).toEqual({ kept: true, backup: false });
  expect(await attempt(findRemainingLustre, [spec, 'owner'])).toEqual([]);
  const before = await account.inventory();
  await complete(deleteLustre, spec, CONFIRMED, BY_OWNER);
  await complete(awaitLustreGone, spec, BY_OWNER);
  expect(await account.inventory()).toEqual(before);
});

test('what is to be backed up goes only once there is a backup, and one is made whatever is lost', async (t) => {
  const rig = await lustreRig(t);
  const { account, releaseLustre, retireLustre, awaitLustreBackedUp, deleteLustre, awaitLustreGone } = rig;
  const spec = specOf(rig, 'run-1', { deployment: 'PERSISTENT_2' });
  const id = await rig.make(spec);
  expect(await complete(releaseLustre, spec, SNAPSHOT, BY_OWNER)).toEqual({ kept: false, backup: true });
  // Nobody gets past it.
  await expect(attempt(deleteLustre, [spec, SNAPSHOT, BY_OWNER])).rejects.toMatchObject({ type: 'NotYet' });
  await account.scale(1);
  await account.faults({ service: 'fsx', operation: 'CreateBackup', fault: 'lost-answer' });
  await complete(retireLustre, spec, SNAPSHOT, BY_OWNER);
  await expect(attempt(deleteLustre, [spec, SNAPSHOT, BY_OWNER])).rejects.toMatchObject({ type: 'NotYet' });
  await account.pass(HOUR_MS);
  await complete(awaitLustreBackedUp, spec, SNAPSHOT, BY_OWNER);
  await complete(retireLustre, { ...spec, owner: { ...spec.owner, run: 'run-9' } }, SNAPSHOT, BY_OWNER);
  await complete(deleteLustre, spec, SNAPSHOT, BY_OWNER);
  await account.pass(HOUR_MS);
  await complete(awaitLustreGone, spec, BY_OWNER);
  expect(await rig.items()).toMatchObject([
    {
      type: 'AWS::FSx::Backup',
      state: 'AVAILABLE',
      tags: { ...spec.tags, [RETAINED_TAG]: spec.owner.id },
      details: { fileSystemId: id },
    },
  ]);
});

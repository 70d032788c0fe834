/**
 * The cases that everything has which a compute environment makes and never adopts: made twice, made by another run,
 * undone twice, somebody else's, nobody's, lost answers, throttles, a create that may yet appear.
 */
import { expect, type TestContext, test } from 'vitest';
import {
  createdTags,
  kindTag,
  type Made,
  type Owner,
  type Removal,
  RUN_TAG,
  type Tags,
} from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { type ActivityRig, activityRig, attempt, complete } from '../../control/rig.ts';

export const BY_RUN: Removal = { by: 'run', unsureSince: null };
export const BY_OWNER: Removal = { by: 'owner', unsureSince: null };

export const ownerOf = (run: string, forgeId = 'a1b2c3d4e5f6g7h8i9j0'): Owner => ({
  kind: 'compute-environment',
  id: `data-example-org.${forgeId}`,
  run,
  environment: 'data-example-org',
});

/** What the plan gives everything of one compute environment. */
export const baseOf = ({ ref }: Pick<ActivityRig, 'ref'>, run = 'run-1') =>
  ({
    account: ref,
    owner: ownerOf(run),
    name: 'TowerForge-a1b2c3d4e5f6g7h8i9j0',
    tags: { Name: 'TowerForge-a1b2c3d4e5f6g7h8i9j0', team: 'genomics' },
    adoptable: 'never',
  }) satisfies ResourceSpec;

/** The thing as a test sees it. */
export interface Bound {
  ensure(run: string): Promise<{ made: Made }>;
  /** Until it is gone, or left as it is. */
  remove(removal: Removal, run: string): Promise<void>;
  /** Makes it by its name as somebody else would. Returns its id. */
  seed(tags: Tags): Promise<string>;
}

export interface Cases {
  readonly type: string;
  /** As in faults: `elasticfilesystem`. */
  readonly service: string;
  readonly create: string;
  readonly deletion: string;
  /** Nothing but its tags tells whose it is, so somebody else's is no concern of ours. */
  readonly nameless?: true;
  prepare(rig: ActivityRig): Promise<Bound> | Bound;
}

const STRANGERS: Readonly<Record<string, Tags>> = {
  'another one of the same environment has': createdTags(ownerOf('run-0', 'z9y8x7w6v5u4t3s2r1q0')),
  'another environment has': { ...createdTags(ownerOf('run-0')), 'eyrie:environment': 'elsewhere' },
  'a workspace has': { [kindTag('workspace')]: 'data-example-org.jane' },
  'nobody has': {},
};

export const ownCases = ({ type, service, create, deletion, nameless, prepare }: Cases): void => {
  const begin = async (t: TestContext) => {
    const rig = await activityRig(t);
    const bound = await prepare(rig);
    const before = await rig.account.inventory();
    const isNew = (item: { id: string }) => !before.some(({ id }) => id === item.id);
    const present = async () => (await rig.account.inventory()).filter((item) => item.type === type && isNew(item));
    const written = async () =>
      (await rig.account.journal()).filter((entry) => entry.mutating && entry.service !== 's3').length;
    const ensure = (run = 'run-1') => complete(bound.ensure, run);
    const remove = (removal: Removal, run = 'run-1') => complete(bound.remove, removal, run);
    return { ...rig, bound, before, present, written, ensure, remove };
  };

  test('made twice it is one with all its tags, and the second time nothing is written', async (t) => {
    const { present, written, ensure } = await begin(t);
    const first = await ensure();
    expect(first.made).toMatchObject({ type, origin: 'created' });
    const there = await present();
    expect(there).toHaveLength(1);
    // Log groups are known by their names, and stand in the inventory under their ARNs.
    expect([there[0]?.id, there[0]?.name]).toContain(first.made.id);
    expect(there[0]?.tags).toMatchObject({ team: 'genomics', ...createdTags(ownerOf('run-1')) });
    const count = await written();
    expect(await ensure()).toEqual(first);
    expect(await present()).toEqual(there);
    expect(await written()).toBe(count);
  });

  test('what a run made stays when a later run is undone, and goes with its owner', async (t) => {
    const { before, account, present, ensure, remove } = await begin(t);
    const { made } = await ensure();
    expect((await ensure('run-2')).made).toEqual({ ...made, origin: 'adopted' });
    await remove(BY_RUN, 'run-2');
    expect(await present()).toHaveLength(1);
    await remove(BY_OWNER, 'run-3');
    expect(await account.inventory()).toEqual(before);
  });

  test('undone it is gone, and undone twice is fine', async (t) => {
    const { before, account, ensure, remove } = await begin(t);
    await ensure();
    await remove(BY_RUN);
    expect(await account.inventory()).toEqual(before);
    await remove(BY_RUN);
    expect(await account.inventory()).toEqual(before);
  });

  test.for(['lost-answer', 'throttle'] as const)(
    '%s of the create leaves one, that goes with its run',
    async (fault, t) => {
      const { account, before, present, ensure, remove } = await begin(t);
      await account.faults({ service, operation: create, fault });
      await ensure();
      expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1]);
      expect(await present()).toHaveLength(1);
      await remove(BY_RUN);
      expect(await account.inventory()).toEqual(before);
    },
  );

  test.for(['lost-answer', 'throttle'] as const)('%s of the removal ends with nothing', async (fault, t) => {
    const { account, before, ensure, remove } = await begin(t);
    await ensure();
    await account.faults({ service, operation: deletion, fault });
    await remove(BY_OWNER);
    expect((await account.faultStates()).map(({ hits }) => hits)).toEqual([1]);
    expect(await account.inventory()).toEqual(before);
  });

  const is = nameless ? 'is no concern of ours' : 'is a conflict';
  test.for(Object.entries(STRANGERS))(`one that %s ${is}, and stays as it is`, async ([, tags], t) => {
    const { account, bound, ensure, remove } = await begin(t);
    await bound.seed(tags);
    const seeded = await account.inventory();
    if (nameless) await ensure();
    else await expect(ensure()).rejects.toMatchObject({ type: 'Conflict' });
    await remove(BY_RUN);
    await remove(BY_OWNER);
    expect(await account.inventory()).toEqual(seeded);
  });

  // The control of the above: what protected it was its tags.
  test('one with our tags is ours, whoever made it', async (t) => {
    const { account, before, bound, ensure, remove } = await begin(t);
    const id = await bound.seed(createdTags(ownerOf('run-1')));
    expect((await ensure()).made).toMatchObject({ id, origin: 'created' });
    await remove(BY_OWNER);
    expect(await account.inventory()).toEqual(before);
  });

  test('an undo waits for what a lost create may still bring', async (t) => {
    const { bound } = await begin(t);
    const unsureSince = new Date().toISOString();
    const undone = attempt(bound.remove, [{ by: 'run', unsureSince }, 'run-1']);
    await expect(undone).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('may still appear'),
    });
    // Control: nobody called it.
    await attempt(bound.remove, [BY_RUN, 'run-1']);
  });

  test('only the run that made it may take it back', async (t) => {
    const { present, ensure, remove } = await begin(t);
    await ensure();
    await remove(BY_RUN, 'run-2');
    expect((await present())[0]?.tags[RUN_TAG]).toBe('run-1');
  });
};

/** The cases that every resource has: made twice, converged, undone twice, adopted, foreign, vanished, lost, throttled. */
import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import {
  ENVIRONMENT_TAG,
  kindTag,
  type Made,
  type Removal,
  RUN_TAG,
  type Tags,
  tagList,
} from '#domain/core/ownership.ts';
import { codeOf, factsOf } from '#domain/failures.ts';
import { attempt, byLaunch, byWorkspace, createWorld, eventually, FOREIGN_TAGS, type World } from './world.ts';

type Ensure = (plan: World['plan']) => Promise<{ made: Made }>;

/** The resource as one test sees it. */
export interface Bound {
  ensure: Ensure;
  remove: (plan: World['plan'], removal: Removal) => Promise<void>;
  /** Makes it as Hatchery would, with these tags instead of Hatchery's where given. Returns its id. */
  seed: (tags?: Tags) => Promise<string>;
  /** Takes it away behind our back. */
  destroy: (id: string) => Promise<void>;
}

export interface Cases {
  readonly type: string;
  /** The call that makes it. */
  readonly operation: string;
  /** The call that takes it away. */
  readonly deletion: string;
  /** Makes what it hangs on. */
  readonly prepare: (world: World) => Promise<Bound>;
  readonly drifts?: Readonly<Record<string, (world: World, id: string) => Promise<unknown>>>;
  /** Makes one that has the name but is neither ours nor Hatchery's. */
  readonly strangers: Readonly<Record<string, (world: World, bound: Bound) => Promise<unknown>>>;
}

const FAILED = Symbol('failed');

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  const result = await work.then(
    () => FAILED,
    (error: unknown) => error,
  );
  if (result === FAILED) throw new Error('this was expected to fail');
  return result;
};

export const resourceCases = ({ type, operation, deletion, prepare, drifts = {}, strangers }: Cases): void => {
  const begin = async (t: Parameters<typeof createWorld>[0]) => {
    const world = await createWorld(t);
    const bound = await prepare(world);
    const before = await world.account.inventory();
    /** Those of the type that were not there before. A VPC brings a route table of its own. */
    const present = async () =>
      (await world.account.inventory()).filter(
        (item) => item.type === type && !before.some(({ id }) => id === item.id),
      );
    const ensure = (plan = world.plan) => eventually(bound.ensure, plan);
    const remove = (removal: Removal, plan = world.plan) => eventually(bound.remove, plan, removal);
    return { world, bound, present, before, ensure, remove };
  };

  test('made twice it is one, and the second time changes nothing', async (t) => {
    const { world, ensure } = await begin(t);
    const first = await ensure();
    expect(first.made).toMatchObject({ type, origin: 'created' });
    const inventory = await world.account.inventory();
    expect(inventory.find(({ id }) => id === first.made.id)?.tags).toMatchObject({
      [kindTag('workspace')]: 'data-example-org.jane',
      [RUN_TAG]: 'launch-1',
      [ENVIRONMENT_TAG]: 'data-example-org',
    });
    const seq = (await world.account.journal()).at(-1)?.seq ?? 0;
    expect((await ensure()).made).toEqual(first.made);
    expect(await world.account.inventory()).toEqual(inventory);
    expect((await world.account.journal(seq)).filter(({ mutating }) => mutating)).toEqual([]);
  });

  test('what a launch made, a later launch adopts and keeps', async (t) => {
    const { world, ensure, remove } = await begin(t);
    const { made } = await ensure();
    const inventory = await world.account.inventory();
    const later = world.planOf('launch-2');
    expect((await ensure(later)).made).toEqual({ ...made, origin: 'adopted' });
    await remove(byLaunch(), later);
    expect(await world.account.inventory()).toEqual(inventory);
  });

  test('undone it is gone, and undone twice is fine', async (t) => {
    const { world, ensure, remove, before } = await begin(t);
    await ensure();
    await remove(byLaunch());
    expect(await world.account.inventory()).toEqual(before);
    await remove(byLaunch());
    expect(await world.account.inventory()).toEqual(before);
  });

  test('an undo that is throttled, and then loses its answer, ends with nothing left', async (t) => {
    const { world, bound, ensure, remove, before } = await begin(t);
    await ensure();
    await world.account.faults(
      { service: 'ec2', operation: deletion, fault: 'throttle', times: 1 },
      { service: 'ec2', operation: deletion, fault: 'lost-answer', times: 1 },
    );
    expect(codeOf(await failureOf(attempt(bound.remove, [world.plan, byLaunch()])))).toBe('Throttled');
    await remove(byLaunch());
    expect((await world.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
    expect(await world.account.inventory()).toEqual(before);
  });

  for (const [title, drift] of Object.entries(drifts)) {
    test(`converges ${title}`, async (t) => {
      const { world, ensure } = await begin(t);
      const { made } = await ensure();
      const wanted = await world.account.inventory();
      await drift(world, made.id);
      // Control: the drift shows.
      expect(await world.account.inventory()).not.toEqual(wanted);
      expect((await ensure()).made).toEqual(made);
      expect(await world.account.inventory()).toEqual(wanted);
    });
  }

  test("Hatchery's is adopted, kept by an undo, and goes with a disposal", async (t) => {
    const { world, bound, ensure, remove, before, present } = await begin(t);
    const id = await bound.seed();
    expect((await ensure()).made).toMatchObject({ type, id, origin: 'adopted' });
    const [adopted] = await present();
    expect(adopted?.tags).toMatchObject({ [kindTag('workspace')]: 'data-example-org.jane' });
    expect(adopted?.tags).not.toHaveProperty(RUN_TAG);
    const inventory = await world.account.inventory();
    await remove(byLaunch());
    expect(await world.account.inventory()).toEqual(inventory);
    await remove(byWorkspace);
    expect(await world.account.inventory()).toEqual(before);
  });

  test("another workspace's is a conflict and stays as it is", async (t) => {
    const { world, bound, ensure, remove } = await begin(t);
    const id = await bound.seed(FOREIGN_TAGS);
    const inventory = await world.account.inventory();
    const error = await failureOf(ensure());
    expect(codeOf(error)).toBe('Conflict');
    await remove(byWorkspace);
    expect(await world.account.inventory()).toEqual(inventory);

    // Control: without the stranger's tags the same calls take it.
    const Tags = tagList(FOREIGN_TAGS);
    await world.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: Tags.map(({ Key }) => ({ Key })) }));
    expect((await ensure()).made).toMatchObject({ id, origin: 'adopted' });
    await remove(byWorkspace);
    expect((await world.account.inventory()).some((item) => item.id === id)).toBe(false);
  });

  test("another environment's is a conflict and stays as it is", async (t) => {
    const { world, bound, ensure } = await begin(t);
    await bound.seed({ [ENVIRONMENT_TAG]: 'elsewhere' });
    const inventory = await world.account.inventory();
    expect(codeOf(await failureOf(ensure()))).toBe('Conflict');
    expect(await world.account.inventory()).toEqual(inventory);
  });

  for (const [title, make] of Object.entries(strangers)) {
    test(`${title} is a conflict and stays as it is`, async (t) => {
      const { world, bound, ensure } = await begin(t);
      await make(world, bound);
      const inventory = await world.account.inventory();
      expect(codeOf(await failureOf(ensure()))).toBe('Conflict');
      expect(await world.account.inventory()).toEqual(inventory);
    });
  }

  test('vanished it is made again', async (t) => {
    const { bound, ensure, present } = await begin(t);
    const { made } = await ensure();
    await bound.destroy(made.id);
    const again = await ensure();
    expect(again.made.id).not.toBe(made.id);
    expect((await present()).map(({ id }) => id)).toEqual([again.made.id]);
  });

  test('an answer that is lost leaves one', async (t) => {
    const { world, bound, ensure, present } = await begin(t);
    await world.account.faults({ service: 'ec2', operation, fault: 'lost-answer', times: 1 });
    const error = await failureOf(attempt(bound.ensure, [world.plan]));
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error)).toMatchObject({ operation: `ec2:${operation}`, outcomeUnknown: true });
    const { made } = await ensure();
    expect((await present()).map(({ id }) => id)).toEqual([made.id]);
    expect(made.origin).toBe('created');
  });

  test('an answer that is lost and slow to show leaves one', async (t) => {
    const { world, bound, ensure, present } = await begin(t);
    await world.account.scale(0.1);
    await world.account.faults({ service: 'ec2', operation, fault: 'lost-answer', times: 1 });
    await failureOf(attempt(bound.ensure, [world.plan]));
    const { made } = await ensure();
    expect((await present()).map(({ id }) => id)).toEqual([made.id]);
  });

  test('an undo finds what a lost answer made, though it shows late', async (t) => {
    const { world, bound, remove, before } = await begin(t);
    await world.account.scale(0.1);
    await world.account.faults({ service: 'ec2', operation, fault: 'lost-answer', times: 1 });
    await failureOf(attempt(bound.ensure, [world.plan]));
    await remove(byLaunch(true));
    await world.account.scale(0);
    expect(await world.account.inventory()).toEqual(before);
  });

  test('a throttled create was not made, and is tried again', async (t) => {
    const { world, bound, ensure, before, present } = await begin(t);
    await world.account.faults({ service: 'ec2', operation, fault: 'throttle', times: 1 });
    const error = await failureOf(attempt(bound.ensure, [world.plan]));
    expect(codeOf(error)).toBe('Throttled');
    expect(factsOf(error).outcomeUnknown).toBeUndefined();
    expect(await world.account.inventory()).toEqual(before);
    await ensure();
    expect(await present()).toHaveLength(1);
  });
};

export const tag = (world: World, id: string, tags: Tags) =>
  world.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tagList(tags) }));

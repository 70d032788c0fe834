/**
 * The cases that everything has which a launch makes or adopts: made twice, converged, undone twice, adopted, foreign,
 * vanished, lost, throttled.
 */
import { expect, type TestContext, test } from 'vitest';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import { ENVIRONMENT_TAG, kindTag, type Made, type Removal, RUN_TAG, type Tags } from '#domain/core/ownership.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { attempt, BY_LAUNCH, BY_WORKSPACE, complete } from '../control/rig.ts';
import { HOUR_MS, type InventoryItem, type SandboxAccount } from '../support/sandbox.ts';

/** An account, and what a launch wants in it. */
export interface CaseRig {
  readonly account: SandboxAccount;
  readonly plan: WorkspacePlan;
  readonly planOf: (launchId: string) => WorkspacePlan;
}

/** The resource as one test sees it. */
export interface Bound {
  readonly ensure: (plan: WorkspacePlan) => Promise<{ made: Made }>;
  /** Until it is gone, or left as it is. */
  readonly remove: (plan: WorkspacePlan, removal: Removal) => Promise<void>;
  /** Makes it as Hatchery would, with these tags over Hatchery's. Returns its id. */
  readonly seed: (tags?: Tags) => Promise<string>;
  readonly untag: (id: string, keys: string[]) => Promise<unknown>;
  /** Takes it away behind our back. */
  readonly destroy: (id: string) => Promise<unknown>;
}

export interface Cases<Rig extends CaseRig> {
  /** As in faults: `ec2`. */
  readonly service: string;
  readonly type: string;
  /** The call that makes it. */
  readonly operation: string;
  /** The call that takes it away. */
  readonly deletion: string;
  readonly open: (t: TestContext) => Promise<Rig>;
  /** Makes what it hangs on. */
  readonly prepare: (rig: Rig) => Promise<Bound> | Bound;
  readonly drifts?: Readonly<Record<string, (rig: Rig, id: string) => Promise<unknown>>>;
  /** Makes one that has the name but is neither ours nor Hatchery's. */
  readonly strangers?: Readonly<Record<string, (rig: Rig, bound: Bound) => Promise<unknown>>>;
}

/** A create may have been under way just now. */
const unsure = (): Removal => ({ by: 'run', unsureSince: new Date().toISOString() });

/** IAM's and Batch's are known by their names, and stand in the inventory under their ARNs. */
const isOf = ({ id, name }: InventoryItem, made: string): boolean => id === made || name === made;

const expectOne = (items: readonly InventoryItem[], made: string): void => {
  expect(items).toHaveLength(1);
  expect(items.filter((item) => isOf(item, made))).toHaveLength(1);
};

const FAILED = Symbol('failed');

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  const result = await work.then(
    () => FAILED,
    (error: unknown) => error,
  );
  if (result === FAILED) throw new Error('this was expected to fail');
  return result;
};

export const adoptedCases = <Rig extends CaseRig>(cases: Cases<Rig>): void => {
  const { service, type, operation, deletion, drifts = {}, strangers = {} } = cases;

  const begin = async (t: TestContext) => {
    const rig = await cases.open(t);
    const bound = await cases.prepare(rig);
    const before = await rig.account.inventory();
    const { owner } = rig.plan.network.vpc;
    /** As another workspace of the same environment has it. */
    const othersTags: Tags = {
      [kindTag('workspace')]: `${owner.environment}.somebody`,
      [RUN_TAG]: 'launch-0',
      [ENVIRONMENT_TAG]: owner.environment,
    };
    /** Those of the type that were not there before. A VPC brings a route table of its own. */
    const present = async () =>
      (await rig.account.inventory()).filter((item) => item.type === type && !before.some(({ id }) => id === item.id));
    const ensure = (plan = rig.plan) => complete(bound.ensure, plan);
    const remove = (removal: Removal, plan = rig.plan) => complete(bound.remove, plan, removal);
    return { rig, bound, present, before, owner, othersTags, ensure, remove };
  };

  test('made twice it is one, and the second time changes nothing', async (t) => {
    const { rig, owner, ensure } = await begin(t);
    const first = await ensure();
    expect(first.made).toMatchObject({ type, origin: 'created' });
    const inventory = await rig.account.inventory();
    expect(inventory.find((item) => isOf(item, first.made.id))?.tags).toMatchObject({
      [kindTag('workspace')]: owner.id,
      [RUN_TAG]: owner.run,
      [ENVIRONMENT_TAG]: owner.environment,
    });
    const seq = (await rig.account.journal()).at(-1)?.seq ?? 0;
    expect((await ensure()).made).toEqual(first.made);
    expect(await rig.account.inventory()).toEqual(inventory);
    expect((await rig.account.journal(seq)).filter(({ mutating }) => mutating)).toEqual([]);
  });

  test('what a launch made, a later launch adopts and keeps', async (t) => {
    const { rig, ensure, remove } = await begin(t);
    const { made } = await ensure();
    const inventory = await rig.account.inventory();
    const later = rig.planOf('launch-2');
    expect((await ensure(later)).made).toEqual({ ...made, origin: 'adopted' });
    await remove(BY_LAUNCH, later);
    expect(await rig.account.inventory()).toEqual(inventory);
  });

  test('undone it is gone, and undone twice is fine', async (t) => {
    const { rig, ensure, remove, before } = await begin(t);
    await ensure();
    await remove(BY_LAUNCH);
    expect(await rig.account.inventory()).toEqual(before);
    await remove(BY_LAUNCH);
    expect(await rig.account.inventory()).toEqual(before);
  });

  test('an undo that is throttled, and then loses its answer, ends with nothing left', async (t) => {
    const { rig, bound, ensure, remove, before } = await begin(t);
    await ensure();
    await rig.account.faults(
      { service, operation: deletion, fault: 'throttle', times: 1 },
      { service, operation: deletion, fault: 'lost-answer', times: 1 },
    );
    expect(codeOf(await failureOf(attempt(bound.remove, [rig.plan, BY_LAUNCH])))).toBe('Throttled');
    await remove(BY_LAUNCH);
    expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1, 1]);
    expect(await rig.account.inventory()).toEqual(before);
  });

  for (const [title, drift] of Object.entries(drifts)) {
    test(`converges ${title}`, async (t) => {
      const { rig, ensure } = await begin(t);
      const { made } = await ensure();
      const wanted = await rig.account.inventory();
      await drift(rig, made.id);
      // Control: the drift shows.
      expect(await rig.account.inventory()).not.toEqual(wanted);
      expect((await ensure()).made).toEqual(made);
      expect(await rig.account.inventory()).toEqual(wanted);
    });
  }

  test("Hatchery's is adopted, kept by an undo, and goes with a disposal", async (t) => {
    const { rig, bound, owner, ensure, remove, before, present } = await begin(t);
    const id = await bound.seed();
    expect((await ensure()).made).toMatchObject({ type, id, origin: 'adopted' });
    const [adopted] = await present();
    expect(adopted?.tags).toMatchObject({ [kindTag('workspace')]: owner.id });
    expect(adopted?.tags).not.toHaveProperty(RUN_TAG);
    const inventory = await rig.account.inventory();
    await remove(BY_LAUNCH);
    expect(await rig.account.inventory()).toEqual(inventory);
    await remove(BY_WORKSPACE);
    expect(await rig.account.inventory()).toEqual(before);
  });

  test("another workspace's is a conflict and stays as it is", async (t) => {
    const { rig, bound, othersTags, present, ensure, remove } = await begin(t);
    const id = await bound.seed(othersTags);
    const inventory = await rig.account.inventory();
    const error = await failureOf(ensure());
    expect(codeOf(error)).toBe('Conflict');
    await remove(BY_WORKSPACE);
    expect(await rig.account.inventory()).toEqual(inventory);

    // Control: without the stranger's tags the same calls take it.
    await bound.untag(id, Object.keys(othersTags));
    expect((await ensure()).made).toMatchObject({ id, origin: 'adopted' });
    await remove(BY_WORKSPACE);
    expect((await present()).some((item) => isOf(item, id))).toBe(false);
  });

  test("another environment's is a conflict and stays as it is", async (t) => {
    const { rig, bound, ensure } = await begin(t);
    await bound.seed({ [ENVIRONMENT_TAG]: 'elsewhere' });
    const inventory = await rig.account.inventory();
    expect(codeOf(await failureOf(ensure()))).toBe('Conflict');
    expect(await rig.account.inventory()).toEqual(inventory);
  });

  for (const [title, make] of Object.entries(strangers)) {
    test(`${title} is a conflict and stays as it is`, async (t) => {
      const { rig, bound, ensure } = await begin(t);
      await make(rig, bound);
      const inventory = await rig.account.inventory();
      expect(codeOf(await failureOf(ensure()))).toBe('Conflict');
      expect(await rig.account.inventory()).toEqual(inventory);
    });
  }

  test('vanished it is made again', async (t) => {
    const { bound, ensure, present } = await begin(t);
    const { made } = await ensure();
    await bound.destroy(made.id);
    // Control: it is not there.
    await expect.poll(present).toEqual([]);
    const again = await ensure();
    expectOne(await present(), again.made.id);
  });

  test('an answer that is lost leaves one', async (t) => {
    const { rig, bound, ensure, present } = await begin(t);
    await rig.account.faults({ service, operation, fault: 'lost-answer', times: 1 });
    const error = await failureOf(attempt(bound.ensure, [rig.plan]));
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error)).toMatchObject({ operation: `${service}:${operation}`, outcomeUnknown: true });
    const { made } = await ensure();
    expectOne(await present(), made.id);
    expect(made.origin).toBe('created');
  });

  test('an answer that is lost and slow to show leaves one', async (t) => {
    const { rig, bound, ensure, present } = await begin(t);
    await rig.account.scale(0.1);
    await rig.account.faults({ service, operation, fault: 'lost-answer', times: 1 });
    await failureOf(attempt(bound.ensure, [rig.plan]));
    const { made } = await ensure();
    expectOne(await present(), made.id);
  });

  test('made by an activity that was throttled for long before, and slow to show, it is one', async (t) => {
    const { rig, bound, ensure, present } = await begin(t);
    await rig.account.scale(1);
    for (const waitedMs of [HOUR_MS, HOUR_MS + 1_000]) {
      const error = await attempt(bound.ensure, [rig.plan], waitedMs).catch((reason: unknown) => reason);
      // No end: it is tried again.
      if (error instanceof Error) expect(error).toMatchObject({ nonRetryable: false });
      expect(await present()).toHaveLength(1);
    }
    await rig.account.pass(HOUR_MS);
    const { made } = await ensure();
    expectOne(await present(), made.id);
  });

  test('an undo finds what a lost answer made, though it shows late', async (t) => {
    const { rig, bound, remove, before } = await begin(t);
    await rig.account.scale(0.1);
    await rig.account.faults({ service, operation, fault: 'lost-answer', times: 1 });
    await failureOf(attempt(bound.ensure, [rig.plan]));
    await remove(unsure());
    await rig.account.scale(0);
    expect(await rig.account.inventory()).toEqual(before);
  });

  test('a throttled create was not made, and is tried again', async (t) => {
    const { rig, bound, ensure, before, present } = await begin(t);
    await rig.account.faults({ service, operation, fault: 'throttle', times: 1 });
    const error = await failureOf(attempt(bound.ensure, [rig.plan]));
    expect(codeOf(error)).toBe('Throttled');
    expect(factsOf(error).outcomeUnknown).toBeUndefined();
    expect(await rig.account.inventory()).toEqual(before);
    await ensure();
    expect(await present()).toHaveLength(1);
  });
};

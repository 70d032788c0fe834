import { randomInt, randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { slotActivities } from '#activities/account/slots.ts';
import type { ActivityDeps } from '#activities/deps.ts';
import type { AccountRef } from '#domain/core/account.ts';
import {
  decide,
  type Holder,
  holderKey,
  type ObservedSlots,
  type SlotAnswer,
  type SlotNames,
  type SlotRequest,
  type SlotVerdict,
  verdictOf,
} from '#domain/core/slots.ts';
import { subjectId } from '#domain/core/subject.ts';
import { SLOT_VERDICT_UPDATE } from '#domain/core/wire-names.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import { createAskQuota } from '#temporal/quota-verdict.ts';
import type { QuotaInput } from '../../src/workflows/account/quota-allocator.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { TIMING, until } from '../support/workspace-runs.ts';

const holder = (name: string, run = 'l'): Holder => ({
  subject: { kind: 'workspace', environment: 'h', name },
  run,
  names: { vpc: [`vpc-${name}`], queue: [`queue-${name}`], computeEnvironment: [`ce-${name}`] },
});

const holding = (...holders: Holder[]) => new Map(holders.map((one) => [holderKey(one), one]));

const acquire = (name: string, run = 'l'): SlotRequest => ({
  ...holder(name, run),
  kind: 'acquire',
  by: 'run',
});

const seen = (limit: number, names: Partial<ObservedSlots['names']> = {}, gone: string[] = []): ObservedSlots => ({
  names: { vpc: [], queue: [], computeEnvironment: [], ...names },
  limits: { vpc: limit, queue: limit, computeEnvironment: limit },
  gone,
});

describe('who gets a place', () => {
  test('the last place goes to one of two', () => {
    const held = new Map<string, Holder>();
    const answers = decide(held, [acquire('a'), acquire('b')], seen(1));
    expect(answers.map(({ granted }) => granted)).toEqual([true, false]);
    expect(answers[1]).toMatchObject({ code: 'QuotaExceeded', detail: expect.stringContaining('1 of 1 job queues') });
  });

  test('the refusal names what is full and no other quota, and to raise one only where that helps', () => {
    const kinds = { queue: 'job queues', computeEnvironment: 'compute environments', vpc: 'VPCs' } as const;
    const binding = { vpc: { counts: 'internet gateways', raise: 'Internet gateways per Region' } };
    fc.assert(
      fc.property(
        fc.subarray(Object.keys(kinds) as (keyof typeof kinds)[], { minLength: 1 }),
        fc.boolean(),
        fc.boolean(),
        (full, byGateway, ours) => {
          const limits = {
            queue: 9,
            computeEnvironment: 9,
            vpc: 9,
            ...Object.fromEntries(full.map((kind) => [kind, 0])),
          };
          const held = new Map();
          if (ours) decide(held, [acquire('b')], seen(9));
          const [answer] = decide(held, [acquire('a')], { ...seen(9), limits, ...(byGateway && { binding }) });
          const detail = answer && 'detail' in answer ? answer.detail : '';
          const labels = byGateway ? { ...kinds, vpc: 'internet gateways' } : kinds;
          for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
            expect(detail.includes(`${ours ? 1 : 0} of 0 ${labels[kind]}`)).toBe(full.includes(kind));
          }
          const helps = full.every((kind) => kind === 'vpc');
          expect(detail.includes('in Service Quotas')).toBe(helps);
          expect(detail.includes('"VPCs per Region"')).toBe(helps && !byGateway);
          expect(detail.includes('"Internet gateways per Region"')).toBe(helps && byGateway);
          expect(detail).toContain(ours ? 'dispose of a workspace' : 'none of it is ours');
        },
      ),
    );
  });

  test('what stands in AWS counts, also when nobody here holds it', () => {
    expect(decide(new Map(), [acquire('a')], seen(1, { queue: ['a stranger’s'] }))[0]).toMatchObject({
      granted: false,
    });
  });

  test('a place that is held but not filled yet counts beside what stands in AWS', () => {
    const held = holding(holder('b'));
    expect(decide(held, [acquire('a')], seen(2, { queue: ['a stranger’s'] }))[0]).toMatchObject({ granted: false });
  });

  test('a workspace whose queue stands already needs no further place', () => {
    const all = { vpc: ['vpc-a'], queue: ['queue-a'], computeEnvironment: ['ce-a'] };
    expect(decide(new Map(), [acquire('a')], seen(1, all))[0]).toMatchObject({ granted: true });
  });

  test('a launch gives back only what it took itself; a disposal whatever the workspace holds', () => {
    const held = holding(holder('a', 'first'));
    decide(held, [{ ...holder('a', 'second'), kind: 'release', by: 'run' }], null);
    expect(held.size).toBe(1);
    decide(held, [{ ...holder('a', 'second'), kind: 'release', by: 'owner' }], null);
    expect(held.size).toBe(0);
  });

  test('only what is wanted needs a place, and each of several names its own', () => {
    const asks = (names: Holder['names']) => [{ ...acquire('a'), names }];
    expect(decide(new Map(), asks({ queue: ['q-1', 'q-2'] }), seen(1))[0]).toMatchObject({
      granted: false,
      detail: expect.not.stringContaining('VPCs'),
    });
    expect(decide(new Map(), asks({ queue: ['q-1', 'q-2'] }), seen(1, { queue: ['q-2'] }))[0]).toMatchObject({
      granted: false,
    });
    expect(decide(new Map(), asks({ queue: ['q-1', 'q-2'] }), seen(2, { vpc: ['x', 'y'] }))[0]).toMatchObject({
      granted: true,
    });
    expect(decide(new Map(), asks({}), seen(0))[0]).toMatchObject({ granted: true });
  });

  test('things of two kinds hold places of their own, though they have one name', () => {
    const held = new Map<string, Holder>();
    const storage = { ...acquire('a'), subject: { ...holder('a').subject, kind: 'storage' as const }, names: {} };
    decide(held, [acquire('a'), storage], seen(9));
    expect([...held.keys()]).toEqual(['workspace/h/a#l', 'storage/h/a#l']);
  });

  test('a later run needs places for what is new alone; its undo gives back these, and its end keeps what it names', () => {
    const run = (run: string, kind: SlotRequest['kind'], ...queue: string[]): SlotRequest => ({
      ...{ ...acquire('a', run), kind },
      names: { queue },
    });
    const held = new Map<string, Holder>();
    const one = (request: SlotRequest, limit = 9) => decide(held, [request], seen(limit))[0]?.granted;
    const holds = () => [...held.values()].flatMap(({ names }) => names.queue ?? []);
    expect(one(run('first', 'acquire', 'q'))).toBe(true);
    expect(one(run('second', 'acquire', 'q', 'q-g2'), 1)).toBe(false);
    expect(one(run('second', 'acquire', 'q', 'q-g2'), 2)).toBe(true);
    expect(holds()).toEqual(['q', 'q-g2']);
    expect(one(run('second', 'acquire', 'q', 'q-g2'), 0)).toBe(true);
    one(run('second', 'release'));
    expect(holds()).toEqual(['q']);
    one(run('third', 'acquire', 'q-g2'));
    one(run('third', 'settle', 'q-g2'));
    expect(holds()).toEqual(['q-g2']);
    decide(held, [{ ...run('fourth', 'release'), by: 'owner' }], null);
    expect(held.size).toBe(0);
  });

  test('a verdict counts as a decision would, and takes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
        fc.array(fc.constantFrom('a', 'b', 'x'), { maxLength: 3 }),
        fc.integer({ min: 0, max: 5 }),
        (holders, wanted, limit) => {
          const held = holding(...holders.map((name) => ({ ...holder(name), names: { queue: [`queue-${name}`] } })));
          const names = { queue: wanted.map((name) => `queue-${name}`) };
          const verdicts = verdictOf(held.values(), seen(limit), names);
          const size = held.size;
          const asked = { ...acquire('new'), names };
          const granted = decide(new Map(held), [asked], seen(limit))[0]?.granted;
          expect(verdicts.every(({ fits }) => fits)).toBe(granted);
          expect(held.size).toBe(size);
        },
      ),
    );
  });

  test('a holder that is gone frees its place', () => {
    const held = holding(holder('b'));
    expect(decide(held, [acquire('a')], seen(1, {}, [holderKey(holder('b'))]))[0]).toMatchObject({ granted: true });
  });
});

test('an account is looked at as whoever asks enters it today, however it was entered when the allocator was started', async () => {
  const entered: (string | null)[] = [];
  const rig = await workflowRig({
    observeSlots: async ({ roleArn }: AccountRef) => {
      entered.push(roleArn);
      return seen(9);
    },
  });
  const accountId = String(randomInt(10 ** 11, 10 ** 12));
  const by = (role: string): AccountRef => ({ accountId, region: 'us-east-1', roleArn: role, externalId: null });
  const worker = new MockActivityEnvironment({ taskQueue: rig.taskQueue });
  const { reserveSlots } = slotActivities({ temporal: rig.client, timing: TIMING } as ActivityDeps);
  const ask = createAskQuota(rig.client, rig.taskQueue, TIMING);
  const reserve = async (name: string, role: string): Promise<void> => {
    const { subject, names } = holder(name);
    const owner = { kind: subject.kind, id: subjectId(subject), run: 'l', environment: 'h' };
    await worker.run(reserveSlots, { account: by(role), owner, names });
  };
  await reserve('a', 'former');
  await reserve('b', 'of today');
  await ask({ account: by('of tomorrow'), environment: 'h', names: holder('c').names });
  expect(entered).toEqual(['former', 'of today', 'of tomorrow']);
  const allocator = rig.client.workflow.getHandle(quotaWorkflowId(accountId, 'us-east-1', 'h'));
  rig.watch(allocator);
  await allocator.cancel();
  await until('the allocator ended', async () => (await allocator.describe()).status.name !== 'RUNNING');
});

/** An allocator whose first look takes until so many updates are under way and looks have begun, and what each look met. */
const slowLook = async (updates: number, looks = 1) => {
  const sights: { readonly held: number; readonly atOnce: number }[] = [];
  let atOnce = 0;
  const areUnderWay = async (): Promise<boolean> => {
    const { events } = await handle.fetchHistory();
    const accepted = events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes: one }) => one);
    return (accepted?.length ?? 0) >= updates && sights.length >= looks;
  };
  const rig = await workflowRig({
    observeSlots: async (_: AccountRef, held: readonly Holder[]) => {
      sights.push({ held: held.length, atOnce });
      atOnce += 1;
      if (sights.length === 1) await until('they are under way', areUnderWay);
      atOnce -= 1;
      return seen(9);
    },
  });
  const account: AccountRef = { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null };
  const input: QuotaInput = { account, timing: TIMING, holders: [] };
  const start = { workflowId: `quota-test-${randomUUID()}`, taskQueue: rig.taskQueue, args: [input] };
  const handle = rig.watch(await rig.client.workflow.start('quotaAllocator', start));
  onTestFinished(async () => void (await handle.cancel()));
  return {
    sights,
    reserve: (name: string) =>
      handle.executeUpdate<SlotAnswer[], [SlotRequest[]]>('slots', { args: [[acquire(name)]] }),
    ask: (name: string) =>
      handle.executeUpdate<SlotVerdict[], [SlotNames]>(SLOT_VERDICT_UPDATE, { args: [holder(name).names] }),
  };
};

test('batches of several workers that wait for the same one: each looks at AWS after the one before it has decided', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { sights, reserve } = await slowLook(names.length);
  const answers = await Promise.all(names.map(reserve));
  expect(answers.flat()).toEqual(names.map(() => ({ granted: true })));
  expect(sights).toEqual(names.map((_, held) => ({ held, atOnce: 0 })));
});

test('questions at the same time, and beside a launch, are all answered', async () => {
  // Two of them look at the same time, at least.
  const { sights, reserve, ask } = await slowLook(4, 2);
  const [taken, ...verdicts] = await Promise.all([reserve('a'), ask('b'), ask('c'), ask('d')]);
  expect(taken).toEqual([{ granted: true }]);
  for (const verdict of verdicts) expect(verdict).toHaveLength(3);
  expect(sights.some(({ atOnce }) => atOnce > 0)).toBe(true);
});

test('500 acquires at once on 50 places: 50 get one, whatever run of the allocator they meet', async () => {
  const rig = await workflowRig({ observeSlots: async () => seen(50) });
  const workflowId = `quota-test-${randomUUID()}`;
  const input: QuotaInput = {
    account: { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null },
    timing: TIMING,
    holders: [],
  };
  const handle = rig.watch(
    await rig.client.workflow.start('quotaAllocator', { workflowId, taskQueue: rig.taskQueue, args: [input] }),
  );
  const batches = Array.from({ length: 10 }, (_, batch) =>
    Array.from({ length: 50 }, (__, index) => acquire(`w${batch}-${index}`)),
  );
  const answers: SlotAnswer[] = [];
  for (const batch of batches)
    answers.push(...(await handle.executeUpdate<SlotAnswer[], [SlotRequest[]]>('slots', { args: [batch] })));
  expect(answers.filter(({ granted }) => granted)).toHaveLength(50);
  await handle.cancel();
  await until('the allocator ended', async () => (await handle.describe()).status.name !== 'RUNNING');
});

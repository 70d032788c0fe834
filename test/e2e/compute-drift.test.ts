/**
 * Whatever of a compute environment somebody changes by hand, a look tells it: for each thing of each of its steps, so that
 * a new step is asked about by itself.
 */
import { BatchClient, ListJobsCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planCompute } from '#domain/compute/plan.ts';
import { stepsOf } from '#workflows/compute/steps.ts';
import type { ComputeOverrides } from '../domain/compute-input.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { PROPERTY, TAG } from '../support/tampering-by-hand.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

type World = Awaited<ReturnType<typeof computeTenant>>;
type Item = Awaited<ReturnType<World['made']>>[number];

/** Between them, all that there can be. */
const EVERYTHING: ComputeOverrides = {
  forge: { type: 'SPOT', allocStrategy: 'BEST_FIT', efsCreate: true, fsxSize: 1_200 },
  eyrie: { serviceRole: true, fairShare: { shareDecaySeconds: 60, computeReservation: 0, shares: [] } },
};
const SHARED: ComputeOverrides = { eyrie: { shared: true, fairShare: null } };
const FARGATE: ComputeOverrides = {
  config: { waveEnabled: true, fusion2Enabled: true },
  forge: { type: 'SPOT', fargateHeadEnabled: true },
};

/** Each thing that a step makes, with what it is called there. */
const thingsOf = async ({
  compute,
  made,
}: World): Promise<readonly { readonly step: string; readonly item: Item }[]> => {
  const plan = planCompute(compute, '');
  const items = await made();
  return stepsOf(plan)
    .filter(({ name }) => !name.startsWith('canary-'))
    .flatMap((step) =>
      (step.remaining?.((plan as unknown as Record<string, unknown>)[step.name]) ?? []).flatMap(({ type, names }) => {
        const found = items.filter(
          (item) => item.type === type && (names.length === 0 || names.includes(nameOf(item))),
        );
        expect(found.length, `${step.name} has made a ${type}`).toBeGreaterThan(0);
        return found.map((item) => ({ step: step.name, item }));
      }),
    );
};

const nameOf = ({ name, id, tags }: Item): string => name ?? tags?.Name ?? id;

const validated = async ({ validate }: World, repair = false) =>
  (await (await validate(repair)).result()) as { phase: string; problems: string[]; repaired: string[] };

test.concurrent.for([
  ['with all that one of Spot can have', EVERYTHING],
  ['that is shared', SHARED],
  ['with a head on Fargate', FARGATE],
] as const)(
  'one %s: each thing that is changed by hand is told, with what it is and should be, and mended',
  async ([, options], t) => {
    const world = await computeTenant(t, eyrie, options);
    const { account, create, made, record } = world;
    await (await create()).result();
    const before = await made();
    expect(await validated(world)).toMatchObject({ phase: 'available', problems: [] });
    const things = await thingsOf(world);

    for (const { item } of things) await TAG[item.type]?.(account, item, before);
    const tagged = await validated(world);
    expect(tagged.phase).toBe('degraded');
    const tags = things.filter(({ item }) => TAG[item.type] !== null);
    expect(tagged.problems.filter((problem) => /[tT]ags\.Name is "by-hand", not "/.test(problem))).toHaveLength(
      tags.length,
    );
    expect((await record())?.degraded).toBe(tagged.problems.join('; '));
    expect(await validated(world, true)).toMatchObject({ phase: 'available', problems: [] });
    expect(await made()).toEqual(before);

    const owned = things.filter(({ item }) => PROPERTY[item.type] !== null && !item.type.endsWith('LaunchTemplate'));
    for (const { item } of owned) await PROPERTY[item.type]?.[0](account, item, before);
    const seen = (await account.journal()).at(-1)?.seq ?? 0;
    const { problems } = await validated(world);
    const writes = (await account.journal(seen)).filter(
      ({ mutating, operation }) => mutating && operation !== 'RunInstances',
    );
    expect(writes).toEqual([]);
    for (const { step, item } of owned) {
      const told = problems.filter((problem) => PROPERTY[item.type]?.[1].test(problem));
      const alike = owned.filter(({ item: other }) => other.type === item.type);
      expect(told.length, `${step} ${item.type}: ${problems.join('\n')}`).toBe(alike.length);
    }
    expect(await validated(world, true)).toMatchObject({ phase: 'available', problems: [] });
    expect(await made()).toEqual(before);
  },
);

test('a launch template without its version is told, and mended with the environments that start from it, once no job runs', async (t) => {
  const world = await computeTenant(t, eyrie);
  await (await world.create()).result();
  const before = await world.made();
  const [template] = before.filter(({ type }) => type === 'AWS::EC2::LaunchTemplate');
  if (!template) throw new Error('there is no template');
  const [change, told] = PROPERTY['AWS::EC2::LaunchTemplate'] ?? [];
  await change?.(world.account, template, before);
  expect(await validated(world)).toMatchObject({ phase: 'degraded', problems: [expect.stringMatching(told ?? '')] });

  const { name: jobQueue } = before.find(({ type }) => type === 'AWS::Batch::JobQueue') ?? {};
  await world.account.seed('POST jobs', { queue: jobQueue, count: 1, status: 'RUNNING' });
  expect(await validated(world, true)).toMatchObject({
    phase: 'degraded',
    problems: [expect.stringMatching(told ?? ''), expect.stringContaining(`while jobs run in ${jobQueue}:`)],
  });
  const batch = new BatchClient(world.account.client);
  const { jobSummaryList = [] } = await batch.send(
    new ListJobsCommand({ jobQueue: String(jobQueue), jobStatus: 'RUNNING' }),
  );
  for (const { jobId } of jobSummaryList) await batch.send(new TerminateJobCommand({ jobId, reason: 'it is enough' }));
  await expect.poll(async () => (await validated(world, true)).problems).toEqual([]);
  expect(await validated(world)).toMatchObject({ phase: 'available', problems: [] });
});

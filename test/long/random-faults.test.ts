/**
 * Workspaces that are launched, parked, launched again, cancelled and disposed of while AWS, the control bucket included,
 * fails at random. Whatever happened, nothing exists that no record names, and once AWS is well again all of it goes.
 *
 * `STORIES=200 STORIES_SEED=7 npm test -- --tier long random-faults` plays other ones. A story's seed is in its name.
 */
import { randomUUID } from 'node:crypto';
import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { WorkflowFailedError } from '@temporalio/client';
import { expect, type TestContext, test } from 'vitest';
import { workspaceWorkflowId } from '#domain/ids.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import type { FaultRule } from '../../sandbox/faults.ts';
import type { InventoryItem } from '../../sandbox/strict/rule.ts';
import { createRandom, type Random } from '../s3/support/random.ts';
import { isShared } from '../support/calls.ts';
import { type EyrieOptions, eyrie, openEyrie, type Tenant } from '../support/eyrie.ts';
import { namesOf } from '../support/launch-cases.ts';
import { TIMING, untilClosed } from '../support/workspace-runs.ts';

const STORIES = Number(process.env.STORIES ?? 12);
const SEED = Number(process.env.STORIES_SEED ?? 1);
const ACTS = 4;
/** Far more than an act takes with all its retries: past it, something waits for ever. */
const ACT_MS = 120_000;

type Rule = Pick<FaultRule, 'service' | 'operation' | 'fault'> & Partial<FaultRule>;

const KINDS = ['throttle', 'internal', 'reset', 'lost-answer', 'slow', 'denied'] as const;

const rulesOf = (random: Random, operations: readonly string[]): Rule[] =>
  Array.from({ length: 1 + random.below(6) }, () => {
    const [service = '', operation = ''] = (operations[random.below(operations.length)] as string).split(':');
    const fault = KINDS[random.below(KINDS.length)] as (typeof KINDS)[number];
    const forGood = fault === 'denied' && random.below(2) === 0;
    return {
      service,
      operation,
      fault,
      skip: random.below(3),
      times: forGood ? -1 : 1 + random.below(3),
      ...(fault === 'slow' && { delayMs: 50 + random.below(500) }),
    };
  });

interface Player {
  readonly tenant: Tenant;
  input: LaunchInput;
  readonly told: string[];
}

const within = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end`)), ACT_MS);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** How it ended, in a word. @throws for an end that no operator could make sense of */
const endOf = async (what: string, result: Promise<unknown>): Promise<string> => {
  try {
    await within(what, result);
    return 'done';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause as (Error & { type?: string }) | undefined;
    return cause?.type ?? cause?.constructor.name ?? 'failed';
  }
};

const pause = (random: Random) => new Promise((resolve) => setTimeout(resolve, random.below(1_500)));

const ACTS_BY_NAME = {
  async launch({ tenant, input }: Player) {
    return await endOf('a launch', (await tenant.launch(input)).result());
  },
  async cancel({ tenant, input }: Player, random: Random) {
    const handle = await tenant.launch(input);
    await pause(random);
    await handle.cancel();
    return await endOf('a cancelled launch', handle.result());
  },
  async interrupt({ tenant, input }: Player, random: Random) {
    const handle = await tenant.launch(input);
    await pause(random);
    const mode = random.below(2) === 0 ? 'park' : 'dispose';
    const asked = handle.executeUpdate('requestTerminate', { args: [{ mode, requestedBy: 'test' }] });
    const wasInTime = await asked.then(
      () => true,
      () => false, // it had ended
    );
    if (!wasInTime) return await endOf('a launch', handle.result());
    const { environment, escapedUser } = input.workspace;
    await untilClosed(tenant.rig, workspaceWorkflowId(environment, escapedUser));
    return `interrupted to ${mode}`;
  },
  async park({ tenant, input }: Player) {
    return await endOf('a park', (await tenant.terminate(input, 'park')).result());
  },
  async dispose({ tenant, input }: Player) {
    return await endOf('a dispose', (await tenant.terminate(input, 'dispose')).result());
  },
} as const;

const NAMES = ['launch', 'launch', 'launch', 'cancel', 'interrupt', 'park', 'dispose'] as const;

async function play(player: Player, random: Random, operations: readonly string[]): Promise<void> {
  for (let act = 0; act < ACTS; act++) {
    const name = act === 0 ? 'launch' : (NAMES[random.below(NAMES.length)] as (typeof NAMES)[number]);
    const rules = random.below(4) === 0 ? [] : rulesOf(random, operations);
    if (rules.length > 0) await player.tenant.account.faults(...rules);
    player.input = { ...player.input, launchId: randomUUID() };
    player.told.push(`${player.input.workspace.user} ${name} with ${JSON.stringify(rules)}`);
    player.told.push(`  ${await ACTS_BY_NAME[name](player, random)}`);
  }
}

/** They go with their instance, or were made by whoever used the workspace. Keys are counted, not listed. */
const IGNORED = new Set([
  'AWS::EC2::Volume',
  'AWS::EC2::NetworkInterface',
  'AWS::S3::Object',
  'AWS::S3::Bucket',
  'AWS::IAM::AccessKey',
]);

/** A VPC comes with a route table and a security group, and goes with them. */
const comesWithVpc = ({ type, tags }: InventoryItem): boolean =>
  (type === 'AWS::EC2::RouteTable' || type === 'AWS::EC2::SecurityGroup') && Object.keys(tags).length === 0;

/** Of all that exists, what neither is shared nor stands in a record. */
async function unknownIn(players: readonly Player[]): Promise<string[]> {
  const [first] = players;
  if (!first) return [];
  const known = new Set<string>();
  for (const { tenant, input } of players) {
    const { record } = (await tenant.control.records.read(input.workspace)) ?? {};
    for (const { type, id } of [...(record?.resources ?? []), ...(record?.leftovers ?? [])]) known.add(`${type} ${id}`);
  }
  return (await first.tenant.inventory())
    .filter((item) => !isShared(item, namesOf(first.input)) && !IGNORED.has(item.type) && !comesWithVpc(item))
    .filter(({ type, id, name }) => !known.has(`${type} ${id}`) && !known.has(`${type} ${name}`))
    .map(({ type, id }) => `${type} ${id}`);
}

/** The key of a running workspace works, as its user would use it. */
async function expectUsable({ tenant, input }: Player): Promise<void> {
  const { record } = (await tenant.control.records.read(input.workspace)) ?? {};
  if (record?.phase !== 'running') return;
  expect(record.key).not.toBeNull();
  const secret = await tenant.control.seals.open(input.workspace, record.key?.launchId ?? '');
  expect(secret?.accessKeyId).toBe(record.key?.accessKeyId);
  const { accessKeyId = '', secretAccessKey = '' } = secret ?? {};
  const batch = new BatchClient({ ...tenant.account.client, credentials: { accessKeyId, secretAccessKey } });
  const { jobQueues } = await batch.send(new DescribeJobQueuesCommand({ jobQueues: [namesOf(input).jobQueue] }));
  expect(jobQueues).toMatchObject([{ state: 'ENABLED', status: 'VALID' }]);
}

async function story(t: TestContext, seed: number, options: EyrieOptions, operations: readonly string[]) {
  const random = createRandom(seed);
  const tenant = await eyrie(t, options);
  const players = Array.from({ length: 1 + random.below(2) }, (): Player => {
    const user = `u${randomUUID().slice(0, 8)}@example.org`;
    return { tenant, input: tenant.input({ user }), told: [] };
  });
  t.onTestFailed(() => console.error(`story ${seed}\n${players.flatMap(({ told }) => told).join('\n')}`));
  await Promise.all(players.map((player) => play(player, random, operations)));

  await tenant.account.clearFaults();
  expect(await unknownIn(players)).toEqual([]);
  for (const player of players) await expectUsable(player);

  for (const player of players) {
    const { tenant, input } = player;
    await endOf('a last dispose', (await tenant.terminate(input, 'dispose')).result());
    const { record } = (await tenant.control.records.read(input.workspace)) ?? {};
    expect(record).toMatchObject({ phase: 'disposed', leftovers: [], resources: [], key: null, operation: null });
    expect(await tenant.control.seals.list(input.workspace)).toEqual([]);
  }
  const [{ input }] = players as [Player];
  expect((await tenant.inventory()).filter((item) => !isShared(item, namesOf(input)))).toEqual([]);
}

/** Every kind of call that Eyrie makes in a workspace's life, by the journal of one. */
const operationsOfALife = async (): Promise<string[]> => {
  const host = await openEyrie({ timing: TIMING });
  const tenant = await host.tenant(undefined, host.home);
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  await (await tenant.terminate(input, 'park')).result();
  await (await tenant.launch({ ...input, launchId: randomUUID() })).result();
  await (await tenant.terminate(input, 'dispose')).result();
  const calls = await tenant.account.journal();
  await host.close();
  return [...new Set(calls.map(({ service, operation }) => `${service}:${operation}`))].toSorted();
};

const operations = await operationsOfALife();
const seeds = Array.from({ length: STORIES }, (_, i) => SEED + i);

test.concurrent.for(seeds)('story %i', (seed, t) => {
  // Every third one in an account in which things show late.
  const isSlow = seed % 3 === 0;
  const timing = { ...TIMING, undoGiveUpMs: 1_000, ...(isSlow && { propagationMs: 3_000 }) };
  return story(t, seed, { timing, ...(isSlow && { scale: 0.05 }) }, operations);
});

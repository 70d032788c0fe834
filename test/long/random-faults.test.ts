/**
 * Workspaces that are launched, parked, claimed, cancelled, abandoned, changed by hand and disposed of while AWS, the
 * control bucket included, fails at random. After each act, whatever happened, the account is what the record says, and
 * once AWS is well again all of it goes.
 *
 * `STORIES=200 STORIES_SEED=7 npm test -- --tier long random-faults` plays other ones. A story's seed is in its name, and
 * tells the same story again: what happens, happens at a call, not at a time.
 */
import { randomUUID } from 'node:crypto';
import type { FaultRule } from 'eyrie-sandbox/client';
import { expect, type TestContext, test } from 'vitest';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { createRandom, type Random } from '../s3/support/random.ts';
import { isShared } from '../support/calls.ts';
import { type EyrieOptions, eyrie, openEyrie } from '../support/eyrie.ts';
import { namesOf } from '../support/launch-cases.ts';
import { sandboxSecrets } from '../support/sandbox.ts';
import { TIMING } from '../support/workspace-runs.ts';
import { ACTS, type ActName, chooseAct, type Ended } from './stories/acts.ts';
import { isPeoples } from './stories/drift.ts';
import { noMoreRights, shapeOf, wrongWith, wrongWithKey } from './stories/invariants.ts';
import { endOf, type Player, type Rule, recordOf } from './stories/player.ts';
import { areBearable, rulesOf } from './stories/rules.ts';

const STORIES = Number(process.env.STORIES ?? 3);
const SEED = Number(process.env.STORIES_SEED ?? 1);
const ACTS_IN_A_STORY = 5;

interface Told {
  readonly name: ActName;
  readonly rules: readonly Rule[];
  readonly before: Awaited<ReturnType<typeof recordOf>>;
  readonly shape: unknown;
  readonly ended: Ended;
}

/** What is wrong with how an act ended. */
async function wrongWithEnd(player: Player, { name, rules, before, shape, ended }: Told): Promise<string[]> {
  const { end, mustBeDone, mustNotBeDone } = ended;
  const wrong: string[] = [];
  const record = await recordOf(player);
  const isUnburdened = (before?.leftovers.length ?? 0) === 0;
  if (mustBeDone && isUnburdened && areBearable(rules) && end !== 'done')
    wrong.push(`it should have got over that: ${end}`);
  if (mustNotBeDone && end === 'done') wrong.push('a step was given up, and it is done');
  const isFailure = !['done', 'CancelledFailure'].includes(end) && /^[A-Z]\w+$/.test(end);
  // What could not even be begun is told by the end of its run.
  const isBegun = record?.updatedAt !== before?.updatedAt;
  if (isFailure && isBegun && record?.error === null && record.leftovers.length === 0)
    wrong.push(`${end}, and the record tells no error`);
  if (name === 'park' && before?.phase === 'running' && record?.phase === 'parked' && record.resources.length === 0)
    wrong.push('it was parked, and lost what it had');
  if (!name.startsWith('launch')) return wrong;
  if (end === 'done') wrong.push(...(await noMoreRights(player)));
  const fellBack = end !== 'done' && record?.phase === before?.phase;
  if (fellBack && (before?.phase === 'running' || before?.phase === 'parked')) {
    const now = JSON.stringify(await shapeOf(player));
    if (now !== JSON.stringify(shape)) wrong.push(`it fell back on ${JSON.stringify(shape)} and is ${now}`);
  }
  return wrong;
}

/** How an act ended stands in its workflow alone, where the control bucket refuses it: the next goes on from it. */
const keepsRecord = ({ operation, fault }: Pick<FaultRule, 'operation' | 'fault'>): boolean =>
  ['GetObject', 'PutObject'].includes(operation) && fault === 'denied';

/** Whether the record tells how the last act ended, as far as is known: of players who share an account it is not looked at. */
async function play(player: Player, random: Random, operations: readonly string[]): Promise<boolean> {
  const { account } = player.tenant;
  let isTold = true;
  for (let act = 0; act < ACTS_IN_A_STORY; act++) {
    const name = act === 0 ? 'launch' : chooseAct(player, random);
    const rules = rulesOf(random, operations);
    const before = player.alone ? await recordOf(player) : undefined;
    const shape = await shapeOf(player);
    if (rules.length > 0) await account.faults(...rules);
    player.told.push(`${name}, with up to ${rules.length} faults`);
    const ended = await ACTS[name](player, random);
    const hit = (await account.faultStates()).filter(({ hits }) => hits > 0);
    for (const { service, operation, fault, skip, hits } of hit) {
      player.told.push(`  ${service}:${operation} after ${skip}: ${fault}, ${hits} times`);
    }
    player.told.push(`  ${ended.end}`);
    isTold &&= !hit.some(keepsRecord);
    if (!player.alone) continue;
    await account.clearFaults();
    // What begins no operation tells nothing either: the next one that ends does.
    isTold ||= !(await recordOf(player))?.operation;
    if (!isTold) player.told.push('  the record could not be written');
    if (!isTold) continue;
    const wrong = [
      ...(await wrongWithEnd(player, { name, rules, before, shape, ended })),
      ...(await wrongWith(player, await sandboxSecrets())),
      ...(await wrongWithKey(player)),
    ];
    if (wrong.length > 0) throw new Error([...player.told, ...wrong].join('\n'));
  }
  return isTold;
}

async function story(t: TestContext, seed: number, options: EyrieOptions, operations: readonly string[]) {
  const random = createRandom(seed);
  const tenant = await eyrie(t, options);
  const count = seed % 4 === 3 ? 2 : 1;
  const players = Array.from({ length: count }, (): Player => {
    const user = `u${randomUUID().slice(0, 8)}@example.org`;
    return { tenant, input: tenant.input({ user }), told: [], claimed: new Set(), alone: count === 1 };
  });
  t.onTestFailed(() => console.error(`story ${seed}\n${players.flatMap(({ told }) => told).join('\n')}`));
  const told = await Promise.all(
    players.map((player, nth) => play(player, nth === 0 ? random : createRandom(-seed), operations)),
  );

  await tenant.account.clearFaults();
  for (const [nth, player] of players.entries()) {
    const { phase, operation, leftovers, unfinished } = (await recordOf(player)) ?? {};
    if (!told[nth] && operation) continue;
    player.told.push(`the record: ${JSON.stringify({ phase, leftovers, unfinished })}`);
    expect([...(await wrongWith(player, await sandboxSecrets())), ...(await wrongWithKey(player))]).toEqual([]);
  }
  for (const player of players) {
    await endOf('a last dispose', (await tenant.terminate(player.input, 'dispose')).result());
    const record = await recordOf(player);
    // One whose launches could never open theirs has none.
    if (record)
      expect(record).toMatchObject({ phase: 'disposed', leftovers: [], resources: [], key: null, operation: null });
    expect(await tenant.control.seals.list(workspaceSubject(player.input.workspace))).toEqual([]);
  }
  const [{ input }] = players as [Player];
  const left = (await tenant.inventory()).filter((item) => !isShared(item, namesOf(input)) && !isPeoples(item));
  expect(left).toEqual([]);
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

/** What people and operators do with a workspace. Each act says how it ended, and what has to be true of that end. */

import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { claimOf } from '#api/workspaces/credential.ts';
import { isTakenAway, isUnderWay } from '#domain/core/operation.ts';
import { foundationWorkflowId } from '#domain/core/workflow-ids.ts';
import type { Random } from '../../s3/support/random.ts';
import { untilClosed, viewOf } from '../../support/workspace-runs.ts';
import { DRIFT_NAMES, drift } from './drift.ts';
import { atCall, endOf, lastCall, type Player, recordOf } from './player.ts';
import { pick } from './rules.ts';

export interface Ended {
  /** `done`, the code of a failure, or what else became of it. */
  readonly end: string;
  /** Why nothing but `done` will do, or why that will not. */
  readonly mustBeDone?: boolean;
  readonly mustNotBeDone?: boolean;
}

type Act = (player: Player, random: Random) => Promise<Ended>;

/** A launch makes about as many calls, those to the control bucket included. */
const CALLS_OF_A_LAUNCH = 150;
const CALLS_OF_A_REMOVAL = 40;

/** Another launch, of the same configuration or another one. */
const change = (player: Player, random: Random): void => {
  const { input } = player;
  const { nextflow } = input.workspace;
  player.input = {
    ...input,
    launchId: randomUUID(),
    workspace: {
      ...input.workspace,
      nextflow: {
        ...nextflow,
        'instance-min-vcpus': pick(random, [0, 4]),
        'instance-max-vcpus': pick(random, [9, 16]),
        's3-bucket-whitelist': pick(random, [[], ['reference-data']]),
      },
    },
  };
};

/** A launch to which something happens at a random one of its calls. */
const launchAnd = async (
  player: Player,
  random: Random,
  happens: (handle: WorkflowHandle, inTime: boolean) => Promise<void>,
): Promise<string> => {
  const since = await lastCall(player);
  change(player, random);
  const handle = await player.tenant.launch(player.input);
  await happens(handle, await atCall(player, handle, since, random.below(CALLS_OF_A_LAUNCH)));
  return await endOf('a launch', handle.result());
};

/** True where the workflow took it. */
const update = async (handle: WorkflowHandle, name: string, arg: unknown): Promise<boolean> =>
  await handle.executeUpdate(name, { args: [arg] }).then(
    () => true,
    () => false, // it had ended, or nothing was waiting
  );

const remove = async (player: Player, mode: 'park' | 'dispose'): Promise<Ended> => ({
  end: await endOf(`a ${mode}`, (await player.tenant.terminate(player.input, mode)).result()),
  mustBeDone: true,
});

export const ACTS = {
  async launch(player, random) {
    change(player, random);
    return { end: await endOf('a launch', (await player.tenant.launch(player.input)).result()), mustBeDone: true };
  },

  async 'launch and cancel'(player, random) {
    return { end: await launchAnd(player, random, async (handle) => void (await handle.cancel())) };
  },

  async 'launch and terminate'(player, random) {
    const mode = pick(random, ['park', 'dispose']);
    let taken = false;
    const end = await launchAnd(player, random, async (handle) => {
      taken = await update(handle, 'requestTerminate', { mode, requestedBy: 'test' });
      if (taken) await untilClosed(player.tenant.rig, handle.workflowId);
    });
    return { end: taken ? `went on to ${mode}` : end };
  },

  async 'launch and retry'(player, random) {
    const presses = 1 + random.below(5);
    const end = await launchAnd(player, random, async (handle, inTime) => {
      for (let i = 0; inTime && i < presses; i++) await update(handle, 'retryNow', {});
    });
    return { end, mustBeDone: true };
  },

  async 'launch and abandon a step'(player, random) {
    let step: string | undefined;
    const end = await launchAnd(player, random, async (handle, inTime) => {
      if (!inTime) return;
      const { steps } = await viewOf(handle);
      const open = steps.filter(({ state }) => isUnderWay(state));
      if (open.length === 0) return;
      const { name, state } = pick(random, open);
      const taken = await update(handle, 'abandonStep', { step: name, reason: 'a story' });
      if (taken && !isTakenAway(state)) step = name;
    });
    // The foundation's work belongs to others, publish is one write: whatever else is given up, fails the launch.
    return { end, ...(step !== undefined && step !== 'publish' && { mustNotBeDone: true }) };
  },

  async 'launch while the foundation is cancelled'(player, random) {
    const { account, environment } = player.input.workspace;
    const foundation = player.tenant.rig.client.workflow.getHandle(
      foundationWorkflowId(account.accountId, environment),
    );
    const end = await launchAnd(player, random, async () => void (await foundation.cancel().catch(() => undefined)));
    return { end };
  },

  async 'launch while the quota is full'(player, random) {
    change(player, random);
    const { account } = player.tenant;
    await account.quotas(pick(random, [{ vpcs: 0 }, { queues: 0 }, { computeEnvironments: 0 }]));
    const end = await endOf('a launch', (await player.tenant.launch(player.input)).result());
    await account.quotas({ vpcs: 100, queues: 50, computeEnvironments: 50 });
    return { end };
  },

  park: (player) => remove(player, 'park'),
  dispose: (player) => remove(player, 'dispose'),

  async 'terminate and cancel'(player, random) {
    const since = await lastCall(player);
    const mode = pick(random, ['park', 'dispose'] as const);
    const handle = await player.tenant.terminate(player.input, mode);
    await atCall(player, handle, since, random.below(CALLS_OF_A_REMOVAL));
    await handle.cancel();
    return { end: await endOf(`a ${mode}`, handle.result()) };
  },

  async 'terminate and abandon a step'(player, random) {
    const since = await lastCall(player);
    const mode = pick(random, ['park', 'dispose'] as const);
    const handle = await player.tenant.terminate(player.input, mode);
    if (await atCall(player, handle, since, random.below(CALLS_OF_A_REMOVAL))) {
      const open = (await viewOf(handle)).steps.filter(({ state }) => isTakenAway(state));
      if (open.length > 0) await update(handle, 'abandonStep', { step: pick(random, open).name, reason: 'a story' });
    }
    return { end: await endOf(`a ${mode}`, handle.result()) };
  },

  async 'claim twice at once'(player) {
    const record = await recordOf(player).catch(() => undefined);
    if (!record) return { end: 'no record that can be read' };
    const { credentials } = player.tenant.control;
    const claims = await Promise.allSettled(
      ['one', 'other'].map((caller) => claimOf(credentials, record, { caller, idempotencyKey: null })),
    );
    const won = claims.flatMap((one) =>
      one.status === 'fulfilled' && one.value.state === 'claimed' && one.value.secret ? [one.value.secret] : [],
    );
    const [first] = won;
    if (won.length > 1 || (first && player.claimed.has(first.accessKeyId))) throw new Error('two claims won');
    if (first) player.claimed.add(first.accessKeyId);
    return { end: first ? `${first.accessKeyId} is claimed` : 'nothing to claim' };
  },

  async 'somebody changes things by hand'(player, random) {
    const name = pick(random, DRIFT_NAMES);
    return { end: (await drift(player, name)) ? name : `could not ${name}` };
  },
} satisfies Record<string, Act>;

export type ActName = keyof typeof ACTS;

/** The acts that need the account for themselves. */
const LONELY: readonly ActName[] = ['launch while the foundation is cancelled', 'launch while the quota is full'];

const NAMES = Object.keys(ACTS) as ActName[];
/** What people do most. */
const OFTEN: readonly ActName[] = ['launch', 'launch', 'launch and cancel', 'park', 'claim twice at once'];

export const chooseAct = ({ alone }: Player, random: Random): ActName => {
  const name = pick(random, [...NAMES, ...OFTEN]);
  return alone || !LONELY.includes(name) ? name : 'launch';
};

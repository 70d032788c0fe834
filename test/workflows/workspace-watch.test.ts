import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import type { HealthProblem } from '#domain/core/health.ts';
import type { LookAtWorkspaces, Looked, WatchWorkspacesInput } from '#domain/workspace/health.ts';
import type { watchWorkspaces } from '../../src/workflows/workspace/watch.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { TIMING } from '../support/workspace-runs.ts';

const INVALID: HealthProblem = {
  code: 'ComputeEnvironmentInvalid',
  detail: 'compute environment e is INVALID: no AMI',
};

/** Accounts in pages of one; `wrong` by account: what is wrong with each workspace there, undefined where nobody may look. */
const world = (wrong: Readonly<Record<string, Readonly<Record<string, readonly HealthProblem[]>> | undefined>>) => {
  const accounts = Object.keys(wrong);
  const written: Record<string, readonly HealthProblem[]> = {};
  const activities = {
    findWatchedWorkspaces: async (_: string, cursor: string | null) => {
      const at = Number(cursor ?? 0);
      const accountId = accounts[at] ?? '';
      const account = { accountId, region: 'us-east-1', roleArn: null, externalId: null };
      const names = Object.keys(wrong[accountId] ?? { nobody: [] });
      return { places: [{ account, names }], nextCursor: at + 1 < accounts.length ? String(at + 1) : null };
    },
    observeWorkspaces: async ({ account, environment }: LookAtWorkspaces): Promise<Looked[]> => {
      const here = wrong[account.accountId];
      if (!here) throw fail('Denied', 'it may not be entered');
      return Object.entries(here).map(([name, problems]) => ({
        ...{ subject: { kind: 'workspace', environment, name }, problems },
        isNews: name !== 'known',
      }));
    },
    changeHealth: async ({ name }: { name: string }, problems: readonly HealthProblem[]) => {
      written[name] = problems;
    },
  };
  return { activities, written };
};

const watch = async (activities: ReturnType<typeof world>['activities']) => {
  const rig = await workflowRig(activities);
  const environment = `env-${randomUUID().slice(0, 8)}`;
  const input: WatchWorkspacesInput = { environment, perMinute: 6_000, timing: TIMING };
  const run = rig.watch(
    await rig.client.workflow.start<typeof watchWorkspaces>('watchWorkspaces', {
      workflowId: `schedule/${environment}/control/workspace-watch`,
      taskQueue: rig.taskQueue,
      args: [input],
    }),
  );
  return {
    counts: await run.result(),
    environment,
    last: await rig.client.workflow.getHandle(run.workflowId).describe(),
  };
};

test('what is wrong is written down where it is news, page by page; an account that can’t be looked at keeps no other from it', async () => {
  const { activities, written } = world({
    '111111111111': { broken: [INVALID], known: [INVALID], mended: [] },
    '222222222222': undefined,
    '333333333333': { also: [{ code: 'NotFound', detail: 'role r is not there any more' }] },
  });
  const { counts, last, environment } = await watch(activities);
  expect(counts).toEqual({ looked: 4, unhealthy: 3, unseen: 1 });
  expect(written).toEqual({ broken: [INVALID], mended: [], also: [expect.objectContaining({ code: 'NotFound' })] });
  expect(last.searchAttributes).toMatchObject({
    EyrieErrorCode: ['ComputeEnvironmentInvalid'],
    EyrieEnvironment: [environment],
  });
  // It is no workspace itself.
  expect(last.searchAttributes).not.toHaveProperty('EyriePhase');
});

test('where all is well a run is in no list', async () => {
  const { activities, written } = world({ '111111111111': { mended: [] } });
  const { counts, last } = await watch(activities);
  expect(counts).toEqual({ looked: 1, unhealthy: 0, unseen: 0 });
  expect(written).toEqual({ mended: [] });
  expect(last.searchAttributes).not.toHaveProperty('EyrieErrorCode');
});

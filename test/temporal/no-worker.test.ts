/** What waits for a worker that is not there, on a server of its own. */
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { codeOf } from '#domain/core/failures.ts';
import { createAskQuota } from '#temporal/quota-verdict.ts';
import { createSweepControl } from '#temporal/sweeps.ts';
import { SWEEP_SETTINGS } from '../api/fake-sweeps.ts';
import { workflowRig } from '../support/workflow-rig.ts';
import { TIMING, until } from '../support/workspace-runs.ts';

const names = { queue: ['one'], computeEnvironment: ['one'], vpc: ['one'] };
const NOTHING = { accounts: [], records: 0 };
const limits = { vpc: 5, queue: 50, computeEnvironment: 50 };

test('a sweep says whether a worker answers for it, and places are counted by one that is there', async () => {
  const installation = { environment: `e-${randomUUID()}`, controlBucket: 'control' };
  const { promise: looked, resolve: end } = Promise.withResolvers<object>();
  onTestFinished(() => end(NOTHING));
  const rig = await workflowRig(
    {
      observeSlots: async () => ({ names: { vpc: [], queue: [], computeEnvironment: [] }, limits, gone: [] }),
      // Under way for as long as the test looks.
      findSweepAccounts: () => looked,
    },
    { installation },
  );
  await rig.stopWorker();
  const sweeps = createSweepControl(rig.client, installation);
  const account = { accountId: '111122223333', region: 'us-east-1', roleArn: null, externalId: null };
  const ask = () =>
    createAskQuota(rig.client, rig.taskQueue, TIMING)({ account, environment: installation.environment, names });

  await sweeps.start({
    ...SWEEP_SETTINGS,
    ...{ environment: installation.environment, accountId: null, apply: false, finish: false },
    ...{ ownersMax: 1, requestedBy: 'operator:olga', olderThanMs: 0 },
  });
  expect(await sweeps.latest()).toMatchObject({ running: true, answered: false });
  expect(codeOf(await ask().catch((error: unknown) => error))).toBe('Unavailable');

  await rig.startWorker();
  await until('the sweep is answered for', async () => (await sweeps.latest())?.answered === true);
  expect(await ask()).toMatchObject([{ fits: true }, { fits: true }, { fits: true }]);
  end(NOTHING);
});

import { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { observeSlotActivities } from '../../../src/activities/account/observe-slots.ts';
import { activityRig, attempt } from '../../control/rig.ts';

test('every limit is the one that Service Quotas names for the account', async (t) => {
  const rig = await activityRig(t);
  await rig.account.quotas({ vpcs: 7, queues: 3, computeEnvironments: 4 });
  const { observeSlots } = observeSlotActivities({ ...rig.deps, temporal: new Client() });
  const { limits } = await attempt(observeSlots, [rig.ref, [], []]);
  expect(limits).toEqual({ vpc: 7, queue: 3, computeEnvironment: 4 });
});

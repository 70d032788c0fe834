import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { expect, type TestContext, test } from 'vitest';
import { listLogGroups, logGroupActivities } from '#activities/logs/log-group.ts';
import { createdTags } from '#domain/core/ownership.ts';
import type { LogGroupSpec } from '#domain/resources/logs.ts';
import { type ActivityRig, activityRig, complete } from '../../control/rig.ts';
import { BY_OWNER, baseOf, ownCases } from '../compute/cases.ts';

const NAME = '/eyrie/TowerForge-a1b2c3d4e5f6g7h8i9j0';

const specOf = (rig: Pick<ActivityRig, 'ref'>, run = 'run-1', retentionDays: number | null = 30): LogGroupSpec => ({
  ...baseOf(rig, run),
  name: NAME,
  retentionDays,
});

ownCases({
  type: 'AWS::Logs::LogGroup',
  service: 'logs',
  create: 'CreateLogGroup',
  deletion: 'DeleteLogGroup',
  prepare(rig) {
    const { ensureLogGroup, deleteLogGroup } = logGroupActivities(rig.deps);
    const logs = new CloudWatchLogsClient(rig.account.client);
    return {
      ensure: (run) => ensureLogGroup(specOf(rig, run)),
      remove: (removal, run) => deleteLogGroup(specOf(rig, run), removal),
      async seed(tags) {
        await logs.send(new CreateLogGroupCommand({ logGroupName: NAME, tags: { ...tags } }));
        return NAME;
      },
    };
  },
});

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const logs = new CloudWatchLogsClient(rig.account.client);
  const groups = async () => await listLogGroups(rig.deps.aws.logs(rig.ref), '/eyrie/');
  return { ...rig, logs, groups, ...logGroupActivities(rig.deps) };
};

test('its retention follows the wish, and null keeps what is written for ever', async (t) => {
  const rig = await rigOf(t);
  const { logs, groups, ensureLogGroup } = rig;
  const retention = async () => (await groups()).map(({ retentionDays }) => retentionDays);
  await complete(ensureLogGroup, specOf(rig));
  expect(await retention()).toEqual([30]);
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: NAME, retentionInDays: 1 }));
  await complete(ensureLogGroup, specOf(rig));
  expect(await retention()).toEqual([30]);
  await complete(ensureLogGroup, specOf(rig, 'run-2', null));
  expect(await retention()).toEqual([null]);
});

test('a retention whose answer is lost is set all the same', async (t) => {
  const rig = await rigOf(t);
  await rig.account.faults({ service: 'logs', operation: 'PutRetentionPolicy', fault: 'throttle' });
  expect((await complete(rig.ensureLogGroup, specOf(rig))).made.origin).toBe('created');
  expect((await rig.groups()).map(({ retentionDays }) => retentionDays)).toEqual([30]);
});

test('groups whose names only begin alike are no concern of ours', async (t) => {
  const rig = await rigOf(t);
  const { logs, groups, ensureLogGroup, deleteLogGroup, findRemainingLogGroup } = rig;
  const other = `${NAME}-other`;
  const tags = createdTags(baseOf(rig).owner);
  await logs.send(new CreateLogGroupCommand({ logGroupName: other, tags }));
  await complete(ensureLogGroup, specOf(rig));
  expect(await complete(findRemainingLogGroup, specOf(rig), 'owner')).toEqual([{ id: NAME, name: NAME }]);
  expect(await complete(findRemainingLogGroup, specOf(rig, 'run-2'), 'run')).toEqual([]);
  await complete(deleteLogGroup, specOf(rig), BY_OWNER);
  expect((await groups()).map(({ name }) => name)).toEqual([other]);
  expect(await complete(findRemainingLogGroup, specOf(rig), 'owner')).toEqual([]);
});

import {
  CreateJobQueueCommand,
  CreateSchedulingPolicyCommand,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import { expect, type TestContext, test } from 'vitest';
import type { ShareJobsSpec } from '#domain/resources/batch.ts';
import { attempt, complete } from '../../control/rig.ts';
import { computeRig } from './compute-rig.ts';

const rigOf = async (t: TestContext) => {
  const rig = await computeRig(t);
  const { batch, specs, account } = rig;
  const environment = await rig.make(specs.environment);
  const { arn } = await batch.send(new CreateSchedulingPolicyCommand({ name: 'fair' }));
  const queue = 'shared';
  await batch.send(
    new CreateJobQueueCommand({
      jobQueueName: queue,
      priority: 1,
      schedulingPolicyArn: arn,
      computeEnvironmentOrder: [{ order: 0, computeEnvironment: environment }],
    }),
  );
  const { jobDefinitionArn } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'd',
      type: 'container',
      containerProperties: { image: 'i', vcpus: 1, memory: 128 },
    }),
  );
  await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'stuck' });
  const spec = (shareIdentifier: string, of = queue): ShareJobsSpec => ({
    account: specs.queue.account,
    owner: specs.queue.owner,
    queue: of,
    shareIdentifier,
    terminationReason: 'over',
  });
  return {
    ...rig,
    spec,
    submit: async (shareIdentifier: string, jobName = 'j') => {
      const job = { jobName, jobQueue: queue, jobDefinition: jobDefinitionArn, shareIdentifier };
      return String((await batch.send(new SubmitJobCommand(job))).jobId);
    },
    jobs: async (...ids: string[]) => (await batch.send(new DescribeJobsCommand({ jobs: ids }))).jobs ?? [],
  };
};

test('all jobs of a share are told to end, more than a page of them, and none of another one', async (t) => {
  const { spec, submit, jobs, terminateShareJobs, findShareJobs, awaitShareJobsEnded } = await rigOf(t);
  const mine = await Promise.all(Array.from({ length: 105 }, () => submit('mine')));
  const others = [await submit('others'), await submit('min'), await submit('mine2')];
  expect(await findShareJobs(spec('mine'))).toHaveLength(100);
  await expect(attempt(awaitShareJobsEnded, [spec('mine')])).rejects.toMatchObject({ type: 'NotYet' });
  await complete(terminateShareJobs, spec('mine'));
  await complete(awaitShareJobsEnded, spec('mine'));
  const ended = await jobs(...mine.slice(0, 100));
  expect(new Set(ended.map(({ status, statusReason }) => `${status}: ${statusReason}`))).toEqual(
    new Set(['FAILED: over']),
  );
  expect(await findShareJobs(spec('mine'))).toEqual([]);
  expect((await jobs(...others)).map(({ isTerminated }) => isTerminated)).toEqual([false, false, false]);
});

test('one that comes in after a look is told by the next', async (t) => {
  const { spec, submit, jobs, terminateShareJobs } = await rigOf(t);
  const first = await submit('mine');
  await complete(terminateShareJobs, spec('mine'));
  const late = await submit('mine', 'late');
  await complete(terminateShareJobs, spec('mine'));
  expect((await jobs(first, late)).map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
});

test('in a queue that is gone there are none', async (t) => {
  const { spec, terminateShareJobs, awaitShareJobsEnded, findShareJobs } = await rigOf(t);
  await attempt(terminateShareJobs, [spec('mine', 'gone')]);
  await attempt(awaitShareJobsEnded, [spec('mine', 'gone')]);
  expect(await attempt(findShareJobs, [spec('mine', 'gone')])).toEqual([]);
});

import { expect, test } from 'vitest';
import type { LaunchPlan } from '#api/workspaces/plan.ts';
import { fail } from '#domain/core/failures.ts';
import { workspaceNames } from '#domain/workspace/names.ts';
import { A_BLOCK, apiRig, idOf, OWN_ACCOUNT } from './rig.ts';

const PLACES = [
  { counts: 'job queues', raise: null, used: 50, limit: 50, wanted: 1, fits: false },
  { counts: 'VPCs', raise: 'VPCs per Region', used: 1, limit: 5, wanted: 1, fits: true },
];

const plan = (rig: ReturnType<typeof apiRig>, body: object = { user: 'alice', profile: 'nextflow' }) =>
  rig.call('hatchery', 'POST', '/v1/workspaces/plan', body);

test('a plan has the names that a launch would give, its documents, the quota verdict and the cost; nothing starts', async () => {
  const rig = apiRig({ askQuota: async () => PLACES });
  const answer = await plan(rig);
  expect(answer.status).toBe(200);
  const body = answer.body as LaunchPlan;
  const names = workspaceNames({ hostname: 'localhost', user: 'alice', accountId: OWN_ACCOUNT });
  expect(body).toMatchObject({ id: idOf('alice'), account: OWN_ACCOUNT, profile: 'nextflow' });
  expect(body.steps.map(({ name }) => name)).toEqual([
    ...['preflight', 'reserve-slots', 'foundation', 'network', 'squid', 'launch-template'],
    ...['compute-environment', 'job-queue', 'jobs-role', 'client-user', 'access-key', 'publish'],
  ]);
  expect(body.steps.flatMap(({ makes }) => makes)).toEqual(
    expect.arrayContaining([
      { type: 'AWS::EC2::VPC', name: names.vpc },
      { type: 'AWS::Batch::JobQueue', name: names.jobQueue },
      { type: 'AWS::S3::Bucket', name: names.bucket },
    ]),
  );
  expect(body.documents.find(({ name }) => name === names.clientPolicy)?.document).toMatchObject({
    Version: '2012-10-17',
  });
  expect(answer.text).not.toContain('{{');
  expect(body.quota).toEqual({ fits: false, places: PLACES });
  expect(body.standingCost).toMatchObject({ currency: 'USD', perMonth: expect.any(Number) });
  expect(rig.workflows.started).toEqual([]);
});

test('the allocator is asked about the names of the plan, in the account of the pay model', async () => {
  const asked: unknown[] = [];
  const rig = apiRig({
    askQuota: async (question) => {
      asked.push(question);
      return [];
    },
  });
  const payModel = { ecs: true, account_id: '999999999999', request_status: 'active', 'soft-limit': 10 };
  expect((await plan(rig, { user: 'alice', nextflow: A_BLOCK, payModel })).status).toBe(200);
  expect(asked).toMatchObject([
    { account: { accountId: '999999999999' }, names: { vpc: [expect.stringContaining('nf-vpc-alice')] } },
  ]);
});

test('where nobody can count in time, the rest is told all the same', async () => {
  const rig = apiRig({
    askQuota: async () => {
      throw fail('Unavailable', 'no worker answered in time');
    },
  });
  const answer = await plan(rig);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ quota: { fits: null, places: [] } });
});

test('it refuses what a launch would refuse at once, and tells a user of nobody else’s', async () => {
  const rig = apiRig();
  const nextflow = { ...A_BLOCK, 'compute-environment-type': 'FARGATE', 'instance-max-vcpus': -1 };
  const refused = await plan(rig, { user: 'alice', nextflow });
  expect(refused).toMatchObject({ status: 422, body: { errors: [expect.anything(), expect.anything()] } });
  expect((await rig.call('bob', 'POST', '/v1/workspaces/plan', { user: 'alice', profile: 'nextflow' })).status).toBe(
    403,
  );
});

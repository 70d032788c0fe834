/** The steps of a compute environment by themselves: their workflow code on Temporal, their calls in the sandbox. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchClient,
  DeleteComputeEnvironmentCommand,
  DescribeComputeEnvironmentsCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  IAMClient,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { canaryActivities } from '#activities/batch/canary.ts';
import { computeEnvironmentActivities } from '#activities/batch/compute-environment.ts';
import { computeEnvironmentRemovalActivities } from '#activities/batch/compute-environment-removal.ts';
import { environmentRoleActivities } from '#activities/batch/environment-roles.ts';
import { fargateEnvironmentActivities } from '#activities/batch/fargate-environment.ts';
import { jobDefinitionActivities } from '#activities/batch/job-definitions.ts';
import { jobQueueActivities } from '#activities/batch/job-queue.ts';
import { jobActivities } from '#activities/batch/jobs.ts';
import { schedulingPolicyActivities } from '#activities/batch/scheduling-policy.ts';
import { launchTemplateActivities } from '#activities/ec2/launch-template.ts';
import { ownInstanceProfileActivities } from '#activities/iam/own-instance-profile.ts';
import { roleActivities } from '#activities/iam/role.ts';
import { emptyRole } from '#activities/iam/role-parts.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { ComputeEnvironmentSpec, FargateEnvironmentSpec } from '#domain/resources/batch.ts';
import { bundleWorkflows } from '#temporal/bundle-guard.ts';
import { computeSpecs } from '../activities/compute-specs.ts';
import { awsOf, refOf, TIMING } from '../control/rig.ts';
import { anImage, createNetwork } from '../sandbox/batch-rig.ts';
import { sandboxAccount } from '../support/sandbox.ts';
import type { HeldStep, Play, playStep, StepName, unwind } from '../support/step-workflows.ts';
import { workflowRig } from '../support/workflow-rig.ts';

let folder: string;
const bundlePath = () => join(folder, 'steps.js');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eyrie-steps-'));
  const { code } = await bundleWorkflows(new URL('../support/step-workflows.ts', import.meta.url).pathname);
  await writeFile(bundlePath(), code);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const rigOf = async (t: TestContext, timing: Timing = TIMING) => {
  const account = await sandboxAccount(t);
  const aws = awsOf(account);
  const deps = { aws, timing };
  const { taskQueue, client, watch } = await workflowRig(
    {
      ...roleActivities(deps),
      ...ownInstanceProfileActivities(deps),
      ...launchTemplateActivities(deps),
      ...computeEnvironmentActivities(deps),
      ...computeEnvironmentRemovalActivities(deps),
      ...environmentRoleActivities(deps),
      ...fargateEnvironmentActivities(deps),
      ...jobQueueActivities(deps),
      ...jobActivities(deps),
      ...schedulingPolicyActivities(deps),
      ...canaryActivities(deps),
      ...jobDefinitionActivities(deps),
    },
    { bundle: bundlePath() },
  );
  const sdk = {
    batch: new BatchClient(account.client),
    ec2: new EC2Client(account.client),
    iam: new IAMClient(account.client),
  };
  const { subnetId, groupId, vpcId } = await createNetwork({ account, ...sdk });
  const image = { imageId: await anImage({ account, ...sdk }), imageFamily: 'AL2023' } as const;
  const specs = computeSpecs(refOf(account));
  await new CloudWatchLogsClient(account.client).send(
    new CreateLogGroupCommand({ logGroupName: specs.canary.logGroup }),
  );
  const { serviceRole: service, instanceRole: role, profile } = specs;
  const roles = { service, instance: { role, profile } };
  const resolved = {
    vpcId,
    subnets: [{ id: subnetId, zone: 'us-east-1a' }],
    securityGroupIds: [groupId],
    images: { work: image },
    lustreMountName: null,
  };

  let runs = 0;
  let last: WorkflowHandle<typeof playStep> | undefined;
  const play = async (step: StepName, way: Play['way'], spec: unknown, needs: object = {}): Promise<unknown> => {
    runs += 1;
    const args: [Play] = [{ step, way, spec, needs, timing }];
    last = watch(
      await client.workflow.start<typeof playStep>('playStep', { args, taskQueue, workflowId: `${taskQueue}-${runs}` }),
    );
    try {
      return await last.result();
    } catch (error) {
      throw (error as Error).cause;
    }
  };
  const make = (step: StepName, spec: unknown, needs: object = {}) => play(step, 'make', spec, needs) as Promise<never>;
  const take = (step: StepName, spec: unknown) => play(step, 'undo', spec);

  const environment: ComputeEnvironmentSpec = { ...specs.environment, roles };
  return {
    account,
    ...sdk,
    specs: { ...specs, environment, instanceRole: { role, profile } },
    resolved,
    make,
    take,
    remaining: (step: StepName, spec: unknown) => play(step, 'remaining', spec),
    status: async () => {
      const query = new DescribeComputeEnvironmentsCommand({ computeEnvironments: [environment.name] });
      return (await sdk.batch.send(query)).computeEnvironments?.[0]?.status;
    },
    /** Of the last play. */
    events: async () => (await last?.fetchHistory())?.events?.length ?? 0,
    items: async () => (await account.inventory()).filter(({ type }) => /^AWS::(Batch|IAM)|LaunchTemplate/.test(type)),

    /** With a service role of its own. */
    async makeEnvironment(spec: ComputeEnvironmentSpec | FargateEnvironmentSpec = environment) {
      const made = {
        service: await make('serviceRole', specs.serviceRole),
        instance: await make('instanceRole', { role, profile }),
        template: await make('forgeLaunchTemplate', specs.template, { resolved, efs: null, lustre: null }),
      };
      const needs = { resolved, ...made, fleet: null, efs: null, lustre: null };
      return (await make('environment', spec, needs)) as { readonly arn: string };
    },

    async takeAll(spec: ComputeEnvironmentSpec | FargateEnvironmentSpec = environment): Promise<void> {
      await take('environment', spec);
      await take('forgeLaunchTemplate', specs.template);
      await take('instanceRole', { role, profile });
      await take('serviceRole', specs.serviceRole);
    },

    async removeServiceRole(): Promise<void> {
      await emptyRole(aws.iam(refOf(account)), specs.serviceRole.name);
      await sdk.iam.send(new DeleteRoleCommand({ RoleName: specs.serviceRole.name }));
    },
  };
};

test('made one after the other they are all there, made again nothing changes, undone nothing is left', async (t) => {
  const rig = await rigOf(t);
  const { specs } = rig;
  const policy = {
    ...{ account: specs.queue.account, owner: specs.queue.owner, tags: {}, adoptable: 'never' },
    ...{ name: 'fair', shareDecaySeconds: 60, computeReservation: 0, shares: [] },
  };
  const all = async () => {
    const environment = await rig.makeEnvironment();
    const fair = await rig.make('schedulingPolicy', policy);
    const queue = await rig.make('queue', specs.queue, { environment, policy: fair });
    const execution = await rig.make('executionRole', specs.executionRole);
    return await rig.make('canary', { ...specs.canary, shareIdentifier: 'canary' }, { queue, execution });
  };
  expect(await all()).toMatchObject({ queue: specs.queue.name, state: 'succeeded', reason: null });
  const isLasting = ({ type }: { readonly type: string }) => !/JobDefinition|::Job$/.test(type);
  const before = (await rig.items()).filter(isLasting);
  expect(before.map(({ type }) => type).toSorted()).toEqual([
    'AWS::Batch::ComputeEnvironment',
    'AWS::Batch::JobQueue',
    'AWS::Batch::SchedulingPolicy',
    'AWS::EC2::LaunchTemplate',
    'AWS::IAM::InstanceProfile',
    'AWS::IAM::Role',
    'AWS::IAM::Role',
    'AWS::IAM::Role',
  ]);
  await all();
  expect((await rig.items()).filter(isLasting)).toEqual(before);

  for (const step of ['canary', 'queue'] as const) await rig.take(step, specs[step]);
  await rig.take('schedulingPolicy', policy);
  await rig.take('executionRole', specs.executionRole);
  await rig.takeAll();
  await rig.takeAll();
  expect((await rig.items()).filter(isLasting)).toEqual([]);
  for (const step of ['environment', 'queue', 'canary', 'instanceRole', 'serviceRole'] as const) {
    expect(await rig.remaining(step, specs[step])).toEqual([]);
  }
});

test('a fresh role that Batch does not know yet is waited for, by asking Batch again', async (t) => {
  // As late as in truth: on a busy machine, too, the environment is made before.
  const rig = await rigOf(t, { ...TIMING, propagationMs: 30_000 });
  await rig.account.scale(1);
  await rig.make('serviceRole', rig.specs.serviceRole);
  await rig.account.scale(0);
  await rig.makeEnvironment();
  const updates = (await rig.account.journal()).filter(({ operation }) => operation === 'UpdateComputeEnvironment');
  expect(updates.length).toBeGreaterThan(0);
  expect(await rig.status()).toBe('VALID');
  await rig.takeAll();
});

test('nor is it believed where the look that shows it was held up for longer than the window', async (t) => {
  const rig = await rigOf(t, { ...TIMING, propagationMs: 10_000 });
  await rig.account.scale(1);
  await rig.make('serviceRole', rig.specs.serviceRole);
  await rig.account.scale(0);
  const slow = { service: 'batch', operation: 'DescribeComputeEnvironments', fault: 'slow' } as const;
  // The first one looks whether it is there already.
  await rig.account.faults({ ...slow, skip: 1, times: 1, delayMs: 12_000 });
  await rig.makeEnvironment();
  expect((await rig.account.faultStates()).map(({ hits }) => hits)).toEqual([1]);
  expect(await rig.status()).toBe('VALID');
  await rig.takeAll();
});

describe('what an environment works as was taken away', () => {
  const LOSSES = {
    'its service role': (rig: Awaited<ReturnType<typeof rigOf>>) => rig.removeServiceRole(),
    'its instance profile': async ({ iam, specs }: Awaited<ReturnType<typeof rigOf>>) => {
      const { name: InstanceProfileName, roleName: RoleName } = specs.instanceRole.profile;
      await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
      await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    },
  };

  test.for(Object.keys(LOSSES) as (keyof typeof LOSSES)[])(
    '%s: made again first, and then nothing is left',
    async (loss, t) => {
      const rig = await rigOf(t);
      await rig.makeEnvironment();
      await LOSSES[loss](rig);
      await rig.takeAll();
      expect(await rig.items()).toEqual([]);
      const created = (await rig.account.journal()).filter(({ operation }) =>
        /^Create(Role|InstanceProfile)$/.test(operation),
      );
      expect(created).toHaveLength(4);
    },
  );

  test('in the middle of its deletion: Batch is asked to look again, and it goes', async (t) => {
    const rig = await rigOf(t);
    const { environment } = rig.specs;
    await rig.makeEnvironment();
    const { name: computeEnvironment } = environment;
    await rig.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment, state: 'DISABLED' }));
    await expect.poll(rig.status).toBe('VALID');
    await rig.removeServiceRole();
    await rig.batch.send(new DeleteComputeEnvironmentCommand({ computeEnvironment }));
    await expect.poll(rig.status).toBe('INVALID');
    await rig.take('environment', environment);
    expect(await rig.remaining('environment', environment)).toEqual([]);
  });

  test('by none of its roles where they are nobody’s: the failure says what Batch says', async (t) => {
    const rig = await rigOf(t);
    const { roles: _, ...spec } = rig.specs.environment;
    await rig.makeEnvironment(spec);
    await rig.removeServiceRole();
    await expect(rig.take('environment', spec)).rejects.toMatchObject({
      type: 'ComputeEnvironmentInvalid',
      message: expect.stringContaining('sts:AssumeRole'),
    });
    // Control: with them it goes.
    await rig.takeAll();
    expect(await rig.items()).toEqual([]);
  });
});

describe('the canary', () => {
  test.for([
    [{ outcome: 'fails', exitCode: 3, reason: 'Essential container in task exited' }, /exit code 3.*its log is/],
    [
      { outcome: 'stuck', blockedBy: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT' },
      /timed-out.*RUNNABLE.*MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT/,
    ],
  ] as const)('%j fails with what is known of why, and leaves nothing', async ([behaviour, message], t) => {
    const rig = await rigOf(t);
    const { specs } = rig;
    const queue = await rig.make('queue', specs.queue, { environment: await rig.makeEnvironment(), policy: null });
    await rig.account.seed('PUT jobs-behaviour', { queue: specs.queue.name, ...behaviour });
    const canary = { ...specs.canary, timeoutSeconds: 2 };
    await expect(rig.make('canary', canary, { queue, execution: null })).rejects.toMatchObject({
      type: 'ComputeEnvironmentInvalid',
      message: expect.stringMatching(message),
    });
    expect(await rig.remaining('canary', canary)).toEqual([]);
    await rig.take('queue', specs.queue);
    await rig.takeAll();
  });

  test('that does not end in time fails with what is known of why, after few events, and leaves nothing', async (t) => {
    const rig = await rigOf(t);
    const { specs } = rig;
    const environment = await rig.makeEnvironment();
    const queue = await rig.make('queue', specs.queue, { environment, policy: null });
    const { name: computeEnvironment } = specs.environment;
    await rig.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment, state: 'DISABLED' }));
    const canary = { ...specs.canary, timeoutSeconds: 2 };
    await expect(rig.make('canary', canary, { queue, execution: null })).rejects.toMatchObject({
      type: 'ComputeEnvironmentInvalid',
      message: expect.stringMatching(/timed-out.*RUNNABLE.*No instance has started/),
    });
    expect(await rig.events()).toBeLessThan(40);
    expect(await rig.remaining('canary', canary)).toEqual([]);
    await rig.take('queue', specs.queue);
    await rig.takeAll();
  });
});

test('jobs of a queue are ended, and the queue goes', async (t) => {
  const rig = await rigOf(t);
  const { specs } = rig;
  await rig.make('queue', specs.queue, { environment: await rig.makeEnvironment(), policy: null });
  await rig.account.seed('POST jobs', { queue: specs.queue.name, count: 3, status: 'RUNNING' });
  await rig.take('queue', specs.queue);
  expect(await rig.remaining('queue', specs.queue)).toEqual([]);
  await rig.takeAll();
  expect(await rig.items()).toEqual([]);
});

test('user data names the file systems that are made with it, for the operating system of each pool', async (t) => {
  const rig = await rigOf(t);
  const userData = (family: string) =>
    `MIME-Version: 1.0\n\n${family} {{efsId}} {{lustreDnsName}} {{lustreMountName}} {{.ID}}`;
  const spec = { ...rig.specs.template, userData: { AL2023: userData('AL2023'), AL2: userData('AL2') } };
  const images = {
    head: { imageId: 'ami-1', imageFamily: 'AL2' },
    work: { imageId: 'ami-2', imageFamily: 'AL2023' },
  };
  const needs = {
    resolved: { ...rig.resolved, images },
    efs: { id: 'fs-1' },
    lustre: { dnsName: 'fs-2.example', mountName: 'abc' },
  };
  const templates: Record<string, { id: string; version: string }> = await rig.make('forgeLaunchTemplate', spec, needs);
  // Again: neither is made anew because of the other.
  expect(await rig.make('forgeLaunchTemplate', spec, needs)).toEqual(templates);
  for (const family of ['AL2', 'AL2023']) {
    const { LaunchTemplateVersions = [] } = await rig.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: templates[family]?.id,
        Versions: [templates[family]?.version ?? ''],
      }),
    );
    const { UserData = '' } = LaunchTemplateVersions[0]?.LaunchTemplateData ?? {};
    expect(Buffer.from(UserData, 'base64').toString()).toBe(
      `MIME-Version: 1.0\n\n${family} fs-1 fs-2.example abc {{.ID}}`,
    );
  }
});

test('a role is kept where an environment could not be taken back, and places are given back in any case', async () => {
  const { client, taskQueue, watch } = await workflowRig({}, { bundle: bundlePath() });
  const held = { heldBy: ['compute-environment-*'] };
  const steps: HeldStep[] = [
    { name: 'reserve-slots', ...held, isListed: false },
    { name: 'service-role', ...held, isListed: true },
    { name: 'log-group', heldBy: [], isListed: true },
    { name: 'compute-environment-work', heldBy: [], isListed: true },
  ];
  const undone = async (failing: string) => {
    const args: [HeldStep[], string] = [steps, failing];
    const workflowId = `${taskQueue}-${failing}`;
    return await watch(await client.workflow.start<typeof unwind>('unwind', { args, taskQueue, workflowId })).result();
  };
  expect(await undone('compute-environment-work')).toEqual(['log-group', 'reserve-slots']);
  // Control: the environment is gone.
  expect(await undone('log-group')).toEqual(['compute-environment-work', 'service-role', 'reserve-slots']);
});

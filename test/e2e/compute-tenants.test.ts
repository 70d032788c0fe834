/** Shared compute environments and their tenants, against the sandbox. */
import {
  BatchClient,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { ComputeInput } from '#domain/compute/input.ts';
import { jobRolesOf } from '#domain/compute/policies.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { aTenant, type ComputeOverrides } from '../domain/compute-input.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { startCreate, startDispose, startValidation } from '../support/compute-runs.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { failureOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** A shared one that is available, in an account of its own. */
const sharedWorld = async (t: TestContext) => {
  const world = await computeTenant(t, eyrie, { eyrie: { shared: true } });
  await (await world.create()).result();
  const { account, rig, compute, main } = world;
  const batch = new BatchClient(account.client);
  const { jobDefinitionArn: jobDefinition } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'nf-any',
      type: 'container',
      containerProperties: { image: 'i', vcpus: 1, memory: 128 },
    }),
  );
  const tenant = (overrides: ComputeOverrides = {}): ComputeInput =>
    aTenant(compute, { ...overrides, config: { workDir: compute.config.workDir, ...overrides.config } });
  return {
    ...world,
    batch,
    tenant,
    available: async (overrides: ComputeOverrides = {}): Promise<ComputeInput> => {
      const made = tenant(overrides);
      await (await startCreate(rig, made)).result();
      return made;
    },
    recordOf: async (of: ComputeInput) =>
      (await eyrie.control.records(COMPUTE_RECORDS).read(computeSubject(of)))?.record,
    /** A job that waits until somebody ends it. */
    job: async ({ forgeId }: ComputeInput): Promise<string> => {
      await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'stuck' });
      const job = { jobName: 'task', jobQueue: main, jobDefinition, shareIdentifier: forgeId };
      return String((await batch.send(new SubmitJobCommand(job))).jobId);
    },
    jobIs: async (jobId: string) => (await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs?.[0],
    /** Somebody who may do what jobs of this one may. */
    as: async (of: ComputeInput) => {
      const iam = new IAMClient(account.client);
      const RoleName = `TowerForge-${of.forgeId}-JobRole`;
      const UserName = of.forgeId;
      await iam.send(new CreateUserCommand({ UserName }));
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      for (const name of PolicyNames) {
        const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: name }));
        const document = { PolicyName: `${UserName}-${name}`, PolicyDocument: decodeURIComponent(PolicyDocument) };
        const { Policy } = await iam.send(new CreatePolicyCommand(document));
        await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }));
      }
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      const credentials = {
        accessKeyId: AccessKey?.AccessKeyId ?? '',
        secretAccessKey: AccessKey?.SecretAccessKey ?? '',
      };
      const client = { ...account.client, credentials };
      return { batch: new BatchClient(client), s3: new S3Client(client), jobDefinition: String(jobDefinition) };
    },
  };
};

test('more of them than ever fitted take the places of one, each goes by itself, and nothing is left', async (t) => {
  const { account, rig, tenant, dispose, made, before, job, jobIs, recordOf } = await sharedWorld(t);
  await account.quotas({ queues: 1, computeEnvironments: 1 });
  const tenants = Array.from({ length: 26 }, () => tenant());
  const handles = await Promise.all(tenants.map((one) => startCreate(rig, one)));
  await Promise.all(handles.map((handle) => handle.result()));
  const count = async (type: string) => (await made()).filter((one) => one.type === type).length;
  expect([await count('AWS::Batch::JobQueue'), await count('AWS::Batch::ComputeEnvironment')]).toEqual([1, 1]);

  const [one, other, ...rest] = tenants as [ComputeInput, ComputeInput, ...ComputeInput[]];
  const [jobOfOne, jobOfOther] = [await job(one), await job(other)];
  expect((await failureOf(await dispose())).type).toBe('DisposeFirst');
  await (await startDispose(rig, one)).result();
  expect(await jobIs(jobOfOne)).toMatchObject({
    status: 'FAILED',
    statusReason: 'Its compute environment was disposed of',
  });
  expect((await jobIs(jobOfOther))?.isTerminated).toBe(false);
  expect(await recordOf(one)).toMatchObject({ phase: 'deleted', leftovers: [] });
  expect((await made()).filter(({ id, name }) => `${id}${name}`.includes(one.forgeId))).toEqual([]);

  const removals = await Promise.all([other, ...rest].map((each) => startDispose(rig, each)));
  await Promise.all(removals.map((handle) => handle.result()));
  await (await dispose()).result();
  const ids = new Set(before.map(({ id }) => id));
  expect((await account.inventory()).filter(({ id }) => !ids.has(id)).map(({ type, name }) => [type, name])).toEqual([
    // Registered by somebody, under a name that is nobody's.
    ['AWS::Batch::JobDefinition', 'nf-any'],
  ]);
});

describe('two of them', () => {
  test.for(['queue', 'job'] as const)(
    'do not get at each other (a share is weighed with the %s)',
    async (shareOf, t) => {
      const world = await sharedWorld(t);
      const { account, available, as, main, job, recordOf } = world;
      await account.worlds({ shareOf });
      const s3 = new S3Client(account.client);
      const inBucket = async (Bucket: string) => {
        await s3.send(new CreateBucketCommand({ Bucket }));
        return await available({ config: { workDir: `s3://${Bucket}/work` } });
      };
      const [one, two] = [await inBucket(`one-${account.id}`), await inBucket(`two-${account.id}`)];
      expect((await recordOf(one))?.outputs).toMatchObject({ shareIdentifier: one.forgeId, computeQueue: main });
      const mine = await as(one);
      await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'stuck' });
      const tags = { 'eyrie:compute-environment': `${one.environment}.${one.forgeId}` };
      const submit = (shareIdentifier?: string) =>
        mine.batch.send(
          new SubmitJobCommand({
            ...{ jobName: 'j', jobQueue: main, jobDefinition: mine.jobDefinition, propagateTags: true, tags },
            ...(shareIdentifier !== undefined && { shareIdentifier }),
          }),
        );
      const end = (jobId: string) => mine.batch.send(new TerminateJobCommand({ jobId, reason: 'r' }));
      const denied = { name: 'AccessDeniedException' };

      await end(String((await submit(one.forgeId)).jobId));
      await expect(submit(two.forgeId)).rejects.toMatchObject(denied);
      await expect(submit()).rejects.toThrow();
      const others = await world.batch.send(
        new SubmitJobCommand({
          ...{ jobName: 'j', jobQueue: main, jobDefinition: mine.jobDefinition, shareIdentifier: two.forgeId },
          tags: { 'eyrie:compute-environment': `${two.environment}.${two.forgeId}` },
        }),
      );
      await expect(end(String(others.jobId))).rejects.toMatchObject(denied);
      // One without a tag is protected by nobody.
      await end(await job(two));

      await mine.s3.send(new ListObjectsV2Command({ Bucket: `one-${account.id}` }));
      await expect(mine.s3.send(new ListObjectsV2Command({ Bucket: `two-${account.id}` }))).rejects.toThrow();
      const register = (of: ComputeInput) =>
        mine.batch.send(
          new RegisterJobDefinitionCommand({
            jobDefinitionName: 'nf-mine',
            type: 'container',
            containerProperties: { image: 'i', vcpus: 1, memory: 128, jobRoleArn: jobRolesOf(of).compute ?? '' },
          }),
        );
      await register(one);
      await expect(register(two)).rejects.toMatchObject(denied);
    },
  );
});

test('a drain waits for jobs of its share alone, and ends those that take too long', async (t) => {
  const { rig, available, job, jobIs } = await sharedWorld(t);
  const [one, two] = [await available(), await available()];
  const [jobOfOne, jobOfTwo] = [await job(one), await job(two)];
  await (await startDispose(rig, one, { mode: 'drain', drainMinutes: 0.01 })).result();
  expect((await jobIs(jobOfOne))?.status).toBe('FAILED');
  expect((await jobIs(jobOfTwo))?.isTerminated).toBe(false);
});

test('a create that fails leaves nothing of the tenant, and all of the shared one', async (t) => {
  const { account, rig, tenant, recordOf } = await sharedWorld(t);
  const there = (await account.inventory()).map(({ id }) => id).sort();
  await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'fails' });
  const one = tenant();
  expect((await failureOf(await startCreate(rig, one))).type).toBe('ComputeEnvironmentInvalid');
  expect((await account.inventory()).map(({ id }) => id).sort()).toEqual(there);
  expect(await recordOf(one)).toMatchObject({ phase: 'failed-clean', leftovers: [] });
});

test('a validation tells what is wrong with the shared one, and makes its own good', async (t) => {
  const { rig, batch, available, recordOf, main } = await sharedWorld(t);
  const one = await available();
  const validate = async (repair = false) => (await startValidation(rig, one, repair)).result();
  expect(await validate()).toMatchObject({ phase: 'available', problems: [] });
  await batch.send(new UpdateJobQueueCommand({ jobQueue: main, state: 'DISABLED' }));
  expect(await validate(true)).toMatchObject({
    phase: 'degraded',
    problems: expect.arrayContaining([expect.stringContaining(`job queue ${main}`)]),
  });
  expect((await recordOf(one))?.degraded).toContain('DISABLED');
});

test('one that is made while the shared one is disposed of: either goes in, or the other goes', async (t) => {
  const { account, rig, tenant, dispose, recordOf, compute } = await sharedWorld(t);
  const tenants = Array.from({ length: 4 }, () => tenant());
  const handles = await Promise.all([dispose(), ...tenants.map((one) => startCreate(rig, one))]);
  const [gone, ...ends] = await Promise.allSettled(handles.map((handle) => handle.result()));
  const phases = await Promise.all(tenants.map(async (one) => (await recordOf(one))?.phase));
  expect(phases).toEqual(ends.map(({ status }) => (status === 'fulfilled' ? 'available' : 'failed-clean')));
  if (gone?.status === 'fulfilled') {
    expect(phases).not.toContain('available');
    expect((await account.inventory()).filter(({ type }) => type === 'AWS::Batch::JobQueue')).toEqual([]);
  } else {
    expect((await recordOf(compute))?.phase).toBe('available');
  }
});

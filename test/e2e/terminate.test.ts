import { randomUUID } from 'node:crypto';
import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { isShared } from '../support/calls.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { lookAt, namesOf } from '../support/launch-cases.ts';
import { sealedBy } from '../support/sealed.ts';
import { failureOf, TIMING, until, untilClosed, viewOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  // Long enough for what still runs after a refusal to end in time on a busy machine.
  eyrie = await openEyrie({ timing: { ...TIMING, undoGiveUpMs: 2_000 } });
});
afterAll(async () => {
  await eyrie.close();
});

const running = async (t: TestContext) => {
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  return { tenant, input, names: namesOf(input) };
};

/** The key as its holder claims it. */
const claimed = async ({ control, account }: Tenant, { workspace, launchId }: LaunchInput) => {
  const secret = await sealedBy(control.seals, workspaceSubject(workspace), launchId);
  if (!secret) throw new Error('no seal');
  const { accessKeyId, secretAccessKey } = secret;
  return { ...account.client, credentials: { accessKeyId, secretAccessKey } };
};

const itemOf = async (tenant: Tenant, type: string) => (await tenant.inventory()).filter((item) => item.type === type);

describe('park', () => {
  test.concurrent('takes the key, ends every job, stops intake and proxy, keeps the rest; a launch restores it, a dispose ends it', async (t) => {
    const { tenant, input, names } = await running(t);
    const { account, control } = tenant;
    const before = (await lookAt(tenant, input)).all;
    const key = await claimed(tenant, input);
    const s3 = new S3Client(key);
    const Prefix = `${names.escapedUser}/`;
    const list = () => s3.send(new ListObjectsV2Command({ Bucket: names.bucket, Prefix }));
    await list();
    const seeded: string[] = [];
    for (const [status, count] of Object.entries({
      RUNNING: 130,
      RUNNABLE: 3,
      SUBMITTED: 2,
      PENDING: 1,
      STARTING: 1,
    })) {
      const { jobs } = (await account.seed('POST jobs', { queue: names.jobQueue, count, status })) as {
        jobs: { jobId: string }[];
      };
      seeded.push(...jobs.map(({ jobId }) => jobId));
    }

    const park = await tenant.terminate(input, 'park');
    expect(await park.result()).toEqual({ mode: 'park', residue: [] });
    await expect(list()).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(new STSClient(key).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    const batch = new BatchClient(account.client);
    for (let first = 0; first < seeded.length; first += 100) {
      const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: seeded.slice(first, first + 100) }));
      const ends = new Set(jobs.map(({ status, statusReason }) => `${status}: ${statusReason}`));
      expect(ends).toEqual(new Set(["FAILED: User's workspace was terminated"]));
    }
    expect(await itemOf(tenant, 'AWS::EC2::Instance')).toEqual([]);
    expect(await itemOf(tenant, 'AWS::IAM::AccessKey')).toEqual([]);
    expect(await itemOf(tenant, 'AWS::Batch::JobQueue')).toMatchObject([{ details: { state: 'DISABLED' } }]);
    expect(await itemOf(tenant, 'AWS::Batch::ComputeEnvironment')).toMatchObject([
      { details: { computeResources: { minvCpus: 0 } } },
    ]);
    expect(await itemOf(tenant, 'AWS::EC2::VPC')).toHaveLength(1);
    expect((await control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))?.record).toMatchObject({
      phase: 'parked',
      key: null,
      leftovers: [],
      operation: null,
    });
    expect(await control.seals.list(workspaceSubject(input.workspace))).toEqual([]);

    const parked = await tenant.inventory();
    expect(await (await tenant.terminate(input, 'park')).result()).toEqual({ mode: 'park', residue: [] });
    expect(await tenant.inventory()).toEqual(parked);

    const relaunch = { ...input, launchId: randomUUID() };
    await (await tenant.launch(relaunch)).result();
    expect((await lookAt(tenant, input)).all).toEqual(before);
    await new S3Client(await claimed(tenant, relaunch)).send(
      new ListObjectsV2Command({ Bucket: names.bucket, Prefix }),
    );

    const object = { Bucket: names.bucket, Key: `${Prefix}result.txt`, Body: 'kept' };
    await new S3Client(account.client).send(new PutObjectCommand(object));
    expect(await (await tenant.terminate(input, 'park')).result()).toEqual({ mode: 'park', residue: [] });
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
    const left = (await tenant.inventory()).filter((item) => !isShared(item, names));
    expect(left).toMatchObject([{ type: 'AWS::S3::Object' }]);
    expect((await control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))?.record).toMatchObject({
      phase: 'disposed',
      resources: [],
      leftovers: [],
    });
    // A second time there is nothing to do, and that is no error.
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
  });
});

describe('dispose', () => {
  test.concurrent('of a half-made workspace, whose launch is under way, ends it cleanly', async (t) => {
    const tenant = await eyrie.tenant(t);
    const input = tenant.input();
    await tenant.account.faults({
      service: 'batch',
      operation: 'CreateComputeEnvironment',
      times: -1,
      fault: 'throttle',
    });
    const handle = await tenant.launch(input);
    await until('the environment is tried', async () => ((await tenant.account.faultStates())[0]?.hits ?? 0) > 0);
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'test' }] });
    const last = await untilClosed(tenant.rig, handle.workflowId, 'terminateWorkspace');
    expect(await last.result()).toEqual({ mode: 'dispose', residue: [] });
    expect((await viewOf(last)).phase).toBe('disposed');
    expect((await lookAt(tenant, input)).own).toEqual([]);
  });

  test.concurrent('that may not even look at EC2 does not say that all is gone', async (t) => {
    const { tenant, input } = await running(t);
    await tenant.account.faults({ service: 'ec2', operation: '*', times: -1, fault: 'denied' });
    expect((await failureOf(await tenant.terminate(input, 'dispose'))).type).toBe('CompensationIncomplete');
    const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
    expect(record?.phase).toBe('failed');
    expect(record?.leftovers.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['AWS::EC2::VPC', 'AWS::EC2::Instance', 'AWS::EC2::LaunchTemplate']),
    );
    await tenant.account.clearFaults();
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
  });

  test.concurrent('that is refused something names exactly that, and ends cleanly once it may', async (t) => {
    const { tenant, input, names } = await running(t);
    await tenant.account.faults({ service: 'ec2', operation: 'DeleteSecurityGroup', times: -1, fault: 'denied' });
    const failure = await failureOf(await tenant.terminate(input, 'dispose'));
    expect(failure.type).toBe('CompensationIncomplete');
    const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
    const left = (await tenant.inventory()).filter(({ tags }) => tags['eyrie:workspace'] !== undefined);
    expect(record?.leftovers.map(({ type, id }) => `${type} ${id}`).toSorted()).toEqual(
      left.map(({ type, id }) => `${type} ${id}`).toSorted(),
    );
    expect(left.map(({ type }) => type)).toEqual(expect.arrayContaining(['AWS::EC2::SecurityGroup', 'AWS::EC2::VPC']));
    expect(left.every(({ type }) => !type.startsWith('AWS::IAM') && !type.startsWith('AWS::Batch'))).toBe(true);
    await tenant.account.clearFaults();
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
    expect((await tenant.inventory()).filter((item) => !isShared(item, names))).toEqual([]);
  });

  test.concurrent('gets over throttled, cut and lost answers to whatever it takes away', async (t) => {
    const { tenant, input, names } = await running(t);
    const rule = (service: string, operation: string, fault: 'throttle' | 'reset' | 'lost-answer', times = 1) => ({
      service,
      operation,
      fault,
      times,
    });
    await tenant.account.faults(
      rule('batch', 'DeleteJobQueue', 'lost-answer'),
      rule('batch', 'UpdateComputeEnvironment', 'lost-answer'),
      rule('batch', 'DeleteComputeEnvironment', 'throttle', 3),
      rule('ec2', 'TerminateInstances', 'lost-answer'),
      rule('ec2', 'DeleteSecurityGroup', 'reset'),
      rule('ec2', 'DeleteLaunchTemplate', 'lost-answer'),
      rule('ec2', 'DeleteRouteTable', 'lost-answer'),
      rule('ec2', 'DeleteSubnet', 'lost-answer'),
      rule('ec2', 'DetachInternetGateway', 'lost-answer'),
      rule('ec2', 'DeleteInternetGateway', 'lost-answer'),
      rule('ec2', 'DeleteVpc', 'lost-answer'),
      rule('iam', 'DeleteAccessKey', 'lost-answer'),
      rule('iam', 'DeleteUser', 'lost-answer'),
      rule('iam', 'DeleteRole', 'lost-answer'),
      rule('iam', 'DeletePolicy', 'lost-answer'),
    );
    expect(await (await tenant.terminate(input, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
    expect((await tenant.account.faultStates()).filter(({ remaining }) => remaining > 0)).toEqual([]);
    expect((await tenant.inventory()).filter((item) => !isShared(item, names))).toEqual([]);
  });
});

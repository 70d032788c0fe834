/** Sweeps of things that a test has made by hand, in an environment of its own. */
import { randomUUID } from 'node:crypto';
import { BatchClient, CreateSchedulingPolicyCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  AllocateAddressCommand,
  CreateLaunchTemplateCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateFileSystemCommand, EFSClient } from '@aws-sdk/client-efs';
import {
  AddRoleToInstanceProfileCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENVIRONMENT_TAG, kindTag, RUN_TAG, type Tags, tagList } from '#domain/core/ownership.ts';
import { anyRecords, type NamingRecord } from '#domain/core/record.ts';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import type { SweepInput, SweepReport } from '#domain/sweep/sweep.ts';
import type { sweep } from '../../src/workflows/sweep/sweep.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';
import { TIMING } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** An account, and an environment that nobody else is in. */
const prepare = async () => {
  const environment = `h-${randomUUID().slice(0, 8)}`;
  const account = await sandboxAccount();
  const ref = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const subjectOf = (name: string): SubjectRef => ({ kind: 'workspace', environment, name });
  const markOf = (name: string): Tags => ({
    [kindTag('workspace')]: `${environment}.${name}`,
    [ENVIRONMENT_TAG]: environment,
    [RUN_TAG]: 'run-1',
  });
  const records = eyrie.control.records(anyRecords('workspace'));
  /** A record of a workspace in this account. */
  const record = (name: string, more: Partial<NamingRecord> & object = {}) =>
    records.create({
      subject: subjectOf(name),
      disposedAt: null,
      phase: 'running',
      key: null,
      updatedAt: new Date(0).toISOString(),
      ...{ workspace: { account: ref }, resources: [], leftovers: [], operation: null },
      ...more,
    } as NamingRecord);
  const sweepNow = async (more: Partial<SweepInput> = {}): Promise<SweepReport> => {
    const input: SweepInput = {
      environment,
      home: { accountId: account.id, region: account.region },
      prefixes: { own: [`${environment}-nf-`], shared: ['TowerForge-'] },
      timing: TIMING,
      accountId: null,
      ...{ apply: false, finish: false, olderThanMs: 0, ownersMax: 10 },
      requestedBy: 'an operator',
      ...more,
    };
    const run = eyrie.rig.watch(
      await eyrie.rig.client.workflow.start<typeof sweep>('sweep', {
        workflowId: `sweep/${environment}/${randomUUID()}`,
        taskQueue: eyrie.rig.taskQueue,
        args: [input],
      }),
    );
    await run.result();
    const report = await eyrie.control.sweeps.latest(environment);
    if (!report) throw new Error('the sweep kept no report');
    return report;
  };
  return { environment, account, ref, subjectOf, markOf, record, sweepNow, ...makersIn(account) };
};

const makersIn = ({ client }: SandboxAccount) => {
  const ec2 = new EC2Client(client);
  const iam = new IAMClient(client);
  const specs = (ResourceType: 'vpc' | 'volume' | 'elastic-ip' | 'launch-template', tags: Tags) => ({
    TagSpecifications: [{ ResourceType, Tags: tagList(tags) }],
  });
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  return {
    vpc: async (tags: Tags): Promise<string> =>
      (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', ...specs('vpc', tags) }))).Vpc?.VpcId ?? '',
    volume: async (tags: Tags): Promise<string> =>
      (await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, ...specs('volume', tags) })))
        .VolumeId ?? '',
    kmsKey: async (tags: Tags): Promise<string> => {
      const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      return (await new KMSClient(client).send(new CreateKeyCommand({ Tags }))).KeyMetadata?.KeyId ?? '';
    },
    /** One of each that a compute environment has and that needs nothing else. */
    forge: async (name: string, tags: Tags): Promise<void> => {
      const batch = new BatchClient(client);
      await batch.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName: name,
          type: 'container',
          containerProperties: {
            image: 'busybox',
            resourceRequirements: [
              { type: 'VCPU', value: '1' },
              { type: 'MEMORY', value: '512' },
            ],
          },
          tags,
        }),
      );
      await batch.send(new CreateSchedulingPolicyCommand({ name, tags }));
      await ec2.send(new AllocateAddressCommand({ Domain: 'vpc', ...specs('elastic-ip', tags) }));
      await ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: name,
          LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
          ...specs('launch-template', tags),
        }),
      );
      await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust, Tags: tagList(tags) }));
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name, Tags: tagList(tags) }));
      await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
      const Tags = tagList(tags);
      await new EFSClient(client).send(new CreateFileSystemCommand({ CreationToken: name, Tags }));
    },
    userWithKey: async (UserName: string, tags: Tags): Promise<string> => {
      await iam.send(new CreateUserCommand({ UserName, Tags: tagList(tags) }));
      return (await iam.send(new CreateAccessKeyCommand({ UserName }))).AccessKey?.AccessKeyId ?? '';
    },
    bucket: async (Bucket: string, tags: Tags): Promise<void> => {
      const s3 = new S3Client(client);
      await s3.send(new CreateBucketCommand({ Bucket }));
      await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagList(tags) } }));
    },
    alias: async (name: string, TargetKeyId: string): Promise<void> => {
      await new KMSClient(client).send(new CreateAliasCommand({ AliasName: name, TargetKeyId }));
    },
  };
};

const shown = (findings: readonly Finding[]): string[] =>
  findings.map(({ kind, type, action, outcome }) => [kind, type, outcome ?? action].join(' ')).sort();

test.concurrent('of what a compute environment leaves all goes but its data', async () => {
  const world = await prepare();
  const { environment, markOf, record, sweepNow, account } = world;
  await record('somebody');
  const before = await account.inventory();
  const { [kindTag('workspace')]: _, ...rest } = markOf('x');
  const tags = { ...rest, [kindTag('compute-environment')]: `${environment}.k3f` };
  await world.forge('TowerForge-k3f', tags);
  await world.bucket(`${environment}-nf-data`, tags);
  const { findings } = await sweepNow({ apply: true });
  expect(shown(findings)).toEqual([
    'no-record AWS::Batch::JobDefinition removed',
    'no-record AWS::Batch::SchedulingPolicy removed',
    'no-record AWS::EC2::EIP removed',
    'no-record AWS::EC2::LaunchTemplate removed',
    'no-record AWS::EFS::FileSystem report',
    'no-record AWS::IAM::InstanceProfile removed',
    'no-record AWS::IAM::Role removed',
    'no-record AWS::S3::Bucket report',
  ]);
  const added = (await account.inventory()).filter(({ id }) => !before.some((one) => one.id === id));
  expect(added.map(({ type }) => type).sort()).toEqual(['AWS::EFS::FileSystem', 'AWS::S3::Bucket']);
});

test.concurrent('a volume of somebody who is there goes only once an earlier sweep saw it attached to nothing', async () => {
  const { markOf, record, sweepNow, volume } = await prepare();
  await record('jane');
  const id = await volume(markOf('jane'));
  const first = await sweepNow({ olderThanMs: 100 });
  expect(first.findings).toMatchObject([{ kind: 'unattached', id, action: 'report', since: first.at }]);
  await expect
    .poll(async () => (await sweepNow({ olderThanMs: 100, apply: true })).findings)
    .toMatchObject([{ id, since: first.at, outcome: 'removed' }]);
  expect((await sweepNow()).findings).toEqual([]);
});

test.concurrent('while an operation of its owner is under way nothing of it is taken', async () => {
  const { markOf, record, sweepNow, vpc, subjectOf, ref } = await prepare();
  await record('somebody');
  await vpc(markOf('jane'));
  // Whatever runs under its id is an operation of it.
  const operation = await eyrie.rig.client.workflow.start('quotaAllocator', {
    workflowId: subjectWorkflowId(subjectOf('jane')),
    taskQueue: eyrie.rig.taskQueue,
    args: [{ account: ref, timing: TIMING, holders: [] }],
  });
  const during = await sweepNow({ apply: true });
  expect(during.findings).toMatchObject([
    { kind: 'no-record', action: 'report', outcome: null, why: expect.stringContaining('is under way') },
  ]);
  await operation.terminate();
  expect((await sweepNow({ apply: true })).findings).toMatchObject([{ outcome: 'removed' }]);
});

test.concurrent('without a single record nothing is taken: it is the wrong control bucket', async () => {
  const { markOf, sweepNow, vpc, account } = await prepare();
  await vpc(markOf('jane'));
  const before = await account.inventory();
  expect((await sweepNow({ apply: true })).findings).toMatchObject([
    { action: 'remove', outcome: expect.stringContaining('no record at all') },
  ]);
  expect(await account.inventory()).toEqual(before);
});

test.concurrent('what is left of more owners than a sweep may take at once stays, and says so', async () => {
  const { markOf, record, sweepNow, vpc } = await prepare();
  await record('somebody');
  await vpc(markOf('jane'));
  await vpc(markOf('joe'));
  const { findings } = await sweepNow({ apply: true, ownersMax: 1 });
  expect(findings.map(({ outcome }) => outcome?.slice(0, 11))).toEqual(['removed', 'not removed']);
  expect((await sweepNow({ apply: true, ownersMax: 1 })).findings).toMatchObject([{ outcome: 'removed' }]);
});

test.concurrent('of KMS keys only one that no alias leads to goes, and not the one that a record needs', async () => {
  const { environment, markOf, record, sweepNow, kmsKey, alias } = await prepare();
  await record('jane');
  const shared = { [ENVIRONMENT_TAG]: environment };
  await alias(`alias/key-${environment}`, await kmsKey(shared));
  await alias(`alias/${environment}-jane`, await kmsKey(markOf('jane')));
  const lost = await kmsKey(shared);
  await kmsKey({ [ENVIRONMENT_TAG]: 'other-example-org' });
  expect((await sweepNow({ apply: true })).findings).toMatchObject([
    { kind: 'unaliased', id: lost, outcome: 'removed' },
  ]);
  expect((await sweepNow()).findings).toEqual([]);
});

test.concurrent('records without things, and what stopped half-way, are told with what to do', async () => {
  const { record, sweepNow, vpc, markOf, userWithKey, environment } = await prepare();
  const there = await vpc({ ...markOf('jane'), Name: 'v' });
  const made = (id: string) => ({ type: 'AWS::EC2::VPC', id, name: null, origin: 'created', step: 'network' });
  const known = await userWithKey(`${environment}-nf-jane`, markOf('jane'));
  const unknown = await userWithKey(`${environment}-nf-joe`, markOf('joe'));
  await record('jane', { resources: [made(there), made('vpc-lost')], key: { id: known } } as object);
  const operation = { type: 'terminateWorkspace', runId: 'r', workflowId: 'w', startedAt: '', requestedBy: 'j' };
  await record('joe', { phase: 'disposing', operation } as object);
  const { findings } = await sweepNow({ apply: true });
  expect(findings).toMatchObject([
    { kind: 'unknown-key', id: unknown, action: 'report' },
    { kind: 'missing', type: 'AWS::EC2::VPC', id: 'vpc-lost', action: 'report' },
    {
      kind: 'unfinished',
      owner: `workspace/${environment}/joe`,
      command: `POST /v1/workspaces/${environment}.joe/retry`,
    },
  ]);
});

test.concurrent('a place that is held for nobody, and a secret of nobody, are given up', async () => {
  const { environment, ref, record, subjectOf, sweepNow } = await prepare();
  await record('somebody');
  const lost = subjectOf('lost');
  await eyrie.control.seals.put(lost, { accessKeyId: 'AKIALOST', secretAccessKey: 'x' }, 'run-1');
  await eyrie.control.seals.put(subjectOf('somebody'), { accessKeyId: 'AKIAKEPT', secretAccessKey: 'x' }, 'run-1');
  const holders = [lost, subjectOf('somebody')].map((subject) => ({
    subject,
    run: 'run-1',
    names: { vpc: [subject.name] },
  }));
  const allocator = await eyrie.rig.client.workflow.start('quotaAllocator', {
    workflowId: quotaWorkflowId(ref.accountId, ref.region, environment),
    taskQueue: eyrie.rig.taskQueue,
    args: [{ account: ref, timing: TIMING, holders }],
  });
  const { findings } = await sweepNow({ apply: true });
  expect(findings).toMatchObject([
    { kind: 'place', id: `${environment}.lost`, outcome: 'removed' },
    { kind: 'secret', id: 'AKIALOST', outcome: 'removed' },
  ]);
  expect((await eyrie.control.seals.listAll(environment)).map(({ accessKeyId }) => accessKeyId)).toEqual(['AKIAKEPT']);
  expect((await sweepNow()).findings).toEqual([]);
  await allocator.terminate();
});

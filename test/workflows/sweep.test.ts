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
import { CreateBucketCommand, DeleteObjectCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordKey } from '#control/keys.ts';
import { ENVIRONMENT_TAG, kindTag, RUN_TAG, type Tags, tagList } from '#domain/core/ownership.ts';
import { anyRecords, type NamingRecord } from '#domain/core/record.ts';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import type { SweepInput, SweepReport } from '#domain/sweep/sweep.ts';
import type { removeLeftOver } from '../../src/workflows/sweep/remove-left-over.ts';
import type { sweep } from '../../src/workflows/sweep/sweep.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';
import { TIMING as HASTY } from '../support/workspace-runs.ts';

/** What is to go has time to, on a busy machine too. */
const TIMING: Timing = { ...HASTY, undoGiveUpMs: 60_000 };

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
  /** The report, and how many events its history has. */
  const sweepNow = async (more: Partial<SweepInput> = {}): Promise<SweepReport & { readonly events: number }> => {
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
    const workflowId = `sweep/${environment}/${randomUUID()}`;
    const run = eyrie.rig.watch(
      await eyrie.rig.client.workflow.start<typeof sweep>('sweep', {
        workflowId,
        taskQueue: eyrie.rig.taskQueue,
        args: [input],
      }),
    );
    await run.result();
    const report = await eyrie.control.sweeps.latest(environment);
    if (!report) throw new Error('the sweep kept no report');
    const { events } = await eyrie.rig.client.workflow.getHandle(workflowId).fetchHistory();
    return { ...report, events: events?.length ?? 0 };
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
      command: `eyrie retry ${environment}.joe`,
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

test.concurrent('tokens and leases of nobody go, and those of somebody stay', async () => {
  const { environment, record, subjectOf, sweepNow } = await prepare();
  await record('somebody');
  const { tokens, leases, traces } = eyrie.control;
  for (const name of ['lost', 'somebody']) {
    await tokens.ensure(subjectOf(name), 'token');
    await leases.take(subjectOf(name), 'AKIA', { task: 't', forMs: 60_000 });
  }
  const { findings } = await sweepNow({ apply: true });
  expect(shown(findings)).toEqual(['secret Eyrie::Seal removed', 'secret Eyrie::Token removed']);
  expect(findings.map(({ owner }) => owner)).toEqual(findings.map(() => `workspace/${environment}/lost`));
  expect(await traces.holders(environment)).toEqual([subjectOf('somebody')]);
  expect((await sweepNow()).findings).toEqual([]);
});

test.concurrent('a throttle and a lost answer are got over; what is refused is told, and taken once it may be', async () => {
  const { account, markOf, record, sweepNow, volume, vpc } = await prepare();
  await record('somebody');
  await volume(markOf('jane'));
  await vpc(markOf('jane'));
  await account.faults(
    { service: 'ec2', operation: 'DeleteVolume', times: -1, fault: 'denied' },
    { service: 'ec2', operation: 'DeleteVpc', times: 1, fault: 'throttle' },
    { service: 'ec2', operation: 'DeleteVpc', times: 1, fault: 'lost-answer' },
  );
  // For as long a refused call is insisted on, and one that passes has time to.
  const timing = { ...TIMING, undoGiveUpMs: 10_000 };
  const { findings } = await sweepNow({ apply: true, timing });
  expect(findings.map(({ type, outcome }) => [type, outcome?.slice(0, 11)])).toEqual([
    ['AWS::EC2::Volume', 'not removed'],
    ['AWS::EC2::VPC', 'removed'],
  ]);
  expect(findings[0]?.outcome).toContain('DeleteVolume');
  await account.clearFaults();
  expect(shown((await sweepNow({ apply: true })).findings)).toEqual(['no-record AWS::EC2::Volume removed']);
});

test.concurrent('what somebody has again since it was told of is left as it is', async () => {
  const { account, environment, markOf, record, ref, subjectOf, sweepNow, vpc } = await prepare();
  await record('somebody');
  await vpc(markOf('jane'));
  const { at, findings } = await sweepNow();
  expect(findings).toMatchObject([{ action: 'remove' }]);
  const prefixes = { own: [`${environment}-nf-`], shared: [] };
  const remove = async () => {
    const run = await eyrie.rig.client.workflow.start<typeof removeLeftOver>('removeLeftOver', {
      workflowId: subjectWorkflowId(subjectOf('jane')),
      taskQueue: eyrie.rig.taskQueue,
      args: [
        {
          subject: subjectOf('jane'),
          removals: findings.map((finding) => ({ finding, account: ref, environment, prefixes, olderThanMs: 0, at })),
          timing: TIMING,
        },
      ],
    });
    return await eyrie.rig.watch(run).result();
  };
  await record('jane');
  const before = await account.inventory();
  expect(await remove()).toEqual([expect.stringMatching(/^not removed: .*somebody/)]);
  expect(await account.inventory()).toEqual(before);
  // Control: without its record the same call takes it.
  await new S3Client(eyrie.home.client).send(
    new DeleteObjectCommand({ Bucket: eyrie.controlBucket, Key: recordKey(subjectOf('jane')) }),
  );
  expect(await remove()).toEqual(['removed']);
});

test.concurrent('the history of a sweep grows by a few events with each account, whatever is in them', async () => {
  const { record, sweepNow } = await prepare();
  await record('jane');
  const one = await sweepNow();
  for (const name of ['joe', 'jim', 'jack']) {
    const other = await sandboxAccount();
    const account = { accountId: other.id, region: other.region, roleArn: null, externalId: null };
    await record(name, { workspace: { account } } as object);
  }
  const four = await sweepNow();
  expect(four.places.length).toBe(4);
  // A history has room for 51,200: of more than a thousand accounts.
  expect(four.events - one.events).toBeLessThan(3 * 20);
});

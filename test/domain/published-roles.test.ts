/**
 * A whole launch and disposal, activity by activity, under the published role of the worker, in an account that evaluates
 * every policy. What the documents forget fails here by its name.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BatchClient } from '@aws-sdk/client-batch';
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  AddUserToGroupCommand,
  CreateGroupCommand,
  CreateLoginProfileCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, type TestContext, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { createControl } from '#control/control.ts';
import { runIntent } from '#domain/core/intent.ts';
import type { Removal } from '#domain/core/ownership.ts';
import { DEFAULT_TIMING, scaleTiming, type Timing } from '#domain/core/timing.ts';
import { planKeyHolder } from '#domain/keys/plan.ts';
import { changeOf } from '#domain/keys/record.ts';
import { EMPTYING_BEGINS } from '#domain/resources/emptying.ts';
import type { StorageSettings } from '#domain/storage/input.ts';
import { planStorage } from '#domain/storage/plan.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import { SWEPT, stageOf } from '#domain/sweep/types.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { type Activities, createActivities } from '../../src/activities/index.ts';
import { setUp as bootstrap, H } from '../bootstrap/rig.ts';
import { makeHatcheryDeployment } from '../support/hatchery-deployment.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';
import { aStorage } from '../support/storage-runs.ts';
import { aWorkspace } from './workspace-input.ts';

const IMAGE = 'ami-0123456789abcdef0';
const CONTROL_BUCKET = 'eyrie-control';
const TIMING = scaleTiming(DEFAULT_TIMING, 0);
const ATTEMPTS_MAX = 400;
const SILENT = new DefaultLogger('ERROR', () => undefined);

/** Credentials of a role that `eyrie bootstrap` has made. */
const enter = async (account: SandboxAccount, role: 'worker' | 'api') => {
  const RoleArn = `arn:aws:iam::${account.id}:role/eyrie-${role}-${H}`;
  const { Credentials } = await new STSClient(account.client).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
};

/** Temporal without any workflow. */
const NOTHING_RUNS = {
  workflow: {
    getHandle: (id: string) => ({
      describe: async () => {
        throw new WorkflowNotFoundError('not found', id, undefined);
      },
    }),
  },
} as unknown as Client;

const setUp = async (t: TestContext, timing: Timing = TIMING) => {
  const account = await sandboxAccount(t);
  await account.seed('POST images', { images: [{ id: IMAGE, name: 'al2023-nextflow', architecture: 'x86_64' }] });
  const controlBucket = `${CONTROL_BUCKET}-${account.id}`;
  await bootstrap(account);
  const credentials = await enter(account, 'worker');
  const aws = createAws({ endpoint: account.endpoint, credentials: async () => credentials });
  const workspace = aWorkspace();
  const ref = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const plan = planWorkspace({ workspace: { ...workspace, account: ref }, launchId: 'launch-1', timing });
  const control = createControl({
    s3: aws.s3(ref),
    bucket: controlBucket,
    sealingKeys: [{ id: 'test', key: randomBytes(32) }],
  });
  // Slots and foundation, which ask Temporal, are not called here.
  const activities = createActivities({ aws, control, timing, temporal: NOTHING_RUNS });
  return { account, plan, run: runner(activities), undo: runner(activities, ['Denied']), workspace };
};

type Run = <Name extends keyof Activities>(
  name: Name,
  ...args: Parameters<Activities[Name]>
) => Promise<Awaited<ReturnType<Activities[Name]>>>;

/** Calls an activity as Temporal would: again while it asks for it. An undo insists on codes that end other calls. */
const runner =
  (activities: Activities, insistOn: readonly string[] = []): Run =>
  async (name, ...args) => {
    const scheduledTimestampMs = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const environment = new MockActivityEnvironment({ scheduledTimestampMs }, { logger: SILENT });
        const call = activities[name] as (...all: unknown[]) => Promise<unknown>;
        const answer: unknown = await environment.run(() => call(...args));
        return answer as never;
      } catch (error) {
        const isFinal =
          !(error instanceof ApplicationFailure) || (error.nonRetryable && !insistOn.includes(error.type ?? ''));
        if (isFinal || attempt === ATTEMPTS_MAX) {
          throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
        }
        await pause(Math.min(Number(error.nextRetryDelay ?? 20), 50));
      }
    }
  };

/** In the order of the launch's steps. */
const launch = async (run: Run, plan: WorkspacePlan) => {
  await run('claimEnvironment', plan.preflight);
  const zones = await run('preflightNetwork', plan.preflight);
  const images = await run('preflightImages', plan.preflight);
  await run('observeSlots', plan['reserve-slots'].account, [], []);

  const profile = await run('ensureInstanceProfile', plan.foundation.instanceProfile);
  await run('awaitInstanceProfileUsable', plan.foundation.instanceProfile);
  const key = await run('ensureKmsKey', plan.foundation.kmsKey);
  await run('ensureBucket', plan.foundation.bucket, key.arn);

  const { vpc, jobSubnets, firewallSubnet, jobRouteTable, firewallRouteTable } = plan.network;
  const { vpcId } = await run('ensureVpc', vpc);
  await run('awaitVpcAvailable', vpc, vpcId);
  const { gatewayId } = await run('ensureInternetGateway', plan.network.gateway, vpcId);
  await run('ensureMainRoute', plan.network.vpc, vpcId, gatewayId);
  const subnetIds: string[] = [];
  for (const [index, subnet] of jobSubnets.entries()) {
    subnetIds.push((await run('ensureSubnet', subnet, vpcId, zones.jobZones[index] ?? '')).subnetId);
  }
  const firewall = await run('ensureSubnet', firewallSubnet, vpcId, zones.squidZone);
  const jobTable = await run('ensureRouteTable', jobRouteTable, vpcId, subnetIds, null);
  const wayOut = await run('ensureRouteTable', firewallRouteTable, vpcId, [firewall.subnetId], gatewayId);
  for (const endpoint of plan.network.gatewayEndpoints) {
    const tables = [jobTable.routeTableId, wayOut.routeTableId];
    const { endpointId } = await run('ensureVpcEndpoint', endpoint, vpcId, tables);
    await run('awaitVpcEndpointAvailable', endpoint, vpcId, endpointId);
  }
  const defaultGroupId = await run('findDefaultSecurityGroup', plan.network.vpc, vpcId);

  const { groupId } = await run('ensureSecurityGroup', plan.squid.securityGroup, vpcId);
  const { instance } = plan.squid;
  const { instanceId } = await run('ensureInstance', instance, firewall.subnetId, groupId, images.squidImageId);
  await run('awaitInstanceReady', instance, instanceId);
  await run('ensureDefaultRoute', jobRouteTable, jobTable.routeTableId, { InstanceId: instanceId });

  const { template } = await run('ensureLaunchTemplate', plan['launch-template'], images.imageFamily);
  const environment = await run('ensureComputeEnvironment', plan['compute-environment'], {
    subnetIds,
    securityGroupIds: [defaultGroupId],
    launchTemplate: template,
    instanceProfileArn: profile.arn,
    imageId: images.imageId,
    imageFamily: images.imageFamily,
  });
  await run('awaitComputeEnvironmentValid', plan['compute-environment']);
  await run('ensureJobQueue', plan['job-queue'], environment.arn);
  await run('awaitJobQueueValid', plan['job-queue']);

  const jobsPolicy = await run('ensurePolicy', plan['jobs-role'].policy, key.arn);
  await run('ensureRole', plan['jobs-role'].role, [jobsPolicy.arn]);
  const clientPolicy = await run('ensurePolicy', plan['client-user'].policy, key.arn);
  await run('ensureUser', plan['client-user'].user, [clientPolicy.arn]);
  const { accessKeyId, earlier } = await run('ensureAccessKey', plan['access-key']);
  await run('awaitAccessKeyUsable', plan['access-key'], accessKeyId);
  for (const old of earlier) await run('retireAccessKey', plan['access-key'], old);
  const { role, owner } = plan['client-role'];
  await run('ensureRole', role, [clientPolicy.arn]);
  await run('ensureWorkspaceToken', owner);
};

/** A park, then a disposal, in the order of their stages. */
const terminate = async (run: Run, plan: WorkspacePlan) => {
  const removal: Removal = { by: 'owner', unsureSince: null };
  await run('deactivateAccessKeys', plan['access-key'], removal);
  await run('deleteAccessKey', plan['access-key'], removal);
  await run('deleteWorkspaceTokens', plan['client-role'].owner, removal);
  await run('deleteRole', plan['client-role'].role, removal);
  await run('disableJobQueue', plan['job-queue'], removal);
  await run('terminateJobs', plan['job-queue'], removal);
  await run('awaitJobsEnded', plan['job-queue'], removal);
  await run('terminateInstance', plan.squid.instance, removal);
  await run('awaitInstanceTerminated', plan.squid.instance, removal);
  await run('drainComputeEnvironment', plan['compute-environment'], removal);
  await run('awaitComputeEnvironmentDrained', plan['compute-environment']);

  await run('deleteJobQueue', plan['job-queue'], removal);
  await run('awaitJobQueueGone', plan['job-queue'], removal);
  await run('disableComputeEnvironment', plan['compute-environment'], removal);
  await run('deleteComputeEnvironment', plan['compute-environment'], removal);
  await run('awaitComputeEnvironmentGone', plan['compute-environment'], removal);
  await run('deleteLaunchTemplate', plan['launch-template'], removal);
  const { vpc, jobSubnets, firewallSubnet, jobRouteTable, firewallRouteTable } = plan.network;
  await run('deleteSecurityGroup', plan.squid.securityGroup, vpc, removal);
  for (const endpoint of plan.network.gatewayEndpoints) {
    await run('deleteVpcEndpoint', endpoint, vpc, removal);
    await run('awaitVpcEndpointGone', endpoint, vpc, removal);
  }
  await run('deleteRouteTable', jobRouteTable, vpc, removal);
  await run('deleteRouteTable', firewallRouteTable, vpc, removal);
  for (const subnet of [...jobSubnets, firewallSubnet]) await run('deleteSubnet', subnet, vpc, removal);
  await run('deleteInternetGateway', plan.network.gateway, removal);
  await run('deleteVpc', vpc, removal);
  await run('awaitVpcGone', vpc, removal);
  await run('deleteUser', plan['client-user'].user, removal);
  await run('deletePolicy', plan['client-user'].policy, removal);
  await run('deleteRole', plan['jobs-role'].role, removal);
  await run('deletePolicy', plan['jobs-role'].policy, removal);
  const by = 'owner';
  for (const find of REMAINING_OF_NETWORK) expect(await run(find, plan.network, by)).toEqual([]);
  expect(await run('findRemainingLaunchTemplates', plan['launch-template'], by)).toEqual([]);
  expect(await run('findRemainingComputeEnvironment', plan['compute-environment'], by)).toEqual([]);
  expect(await run('findRemainingJobQueue', plan['job-queue'], by)).toEqual([]);
  for (const step of ['jobs-role', 'client-role'] as const) {
    expect(await run('findRemainingRole', plan[step].role, by)).toEqual([]);
  }
  expect(await run('findRemainingPolicy', plan['jobs-role'].policy, by)).toEqual([]);
  expect(await run('findRemainingUser', plan['client-user'].user, by)).toEqual([]);
  expect(await run('findRemainingAccessKeys', plan['access-key'], by)).toEqual([]);
};

const REMAINING_OF_NETWORK = [
  'findRemainingVpcs',
  'findRemainingInternetGateways',
  'findRemainingSubnets',
  'findRemainingRouteTables',
  'findRemainingVpcEndpoints',
  'findRemainingInstances',
  'findRemainingSecurityGroups',
] as const;

const deniedCalls = async (account: SandboxAccount) =>
  (await account.journal())
    .filter(({ errorCode }) => /AccessDenied|Unauthorized/.test(errorCode ?? ''))
    .map(({ service, operation, resource }) => `${service}:${operation} ${resource}`);

test('the published rights of the worker are enough to launch and to dispose', async (t) => {
  const { account, plan, run } = await setUp(t);
  await launch(run, plan);
  await terminate(run, plan);
  expect(await deniedCalls(account)).toEqual([]);
});

test('the published rights of the worker are enough to find what a workspace has left, and to take it', async (t) => {
  const { account, plan, run } = await setUp(t);
  const before = (await account.inventory()).map(({ id }) => id);
  await launch(run, plan);
  const place = {
    account: plan.preflight.account,
    environment: H,
    prefixes: { own: [`${H}-nf-`], shared: ['gen3wf-'] },
    ...{ olderThanMs: 0, at: new Date(Date.now() + 60_000).toISOString() },
  };
  const findings: Finding[] = [];
  for (const { type } of SWEPT) findings.push(...(await run('findLeftOver', { ...place, type })).findings);
  findings.push(...(await run('findStraySecrets', place)).findings);
  expect(findings.filter(({ kind }) => kind === 'unseen')).toEqual([]);
  const removable = findings
    .filter(({ action, type }) => action === 'remove' && type.startsWith('AWS::'))
    .toSorted((one, other) => stageOf(one.type) - stageOf(other.type));
  expect(removable.length).toBeGreaterThan(12);
  for (const finding of removable) await run('deleteLeftOver', { ...place, finding });
  for (const finding of findings.filter(({ type }) => type === 'Eyrie::Token')) {
    await run('deleteStrayTokens', { ...place, finding });
  }
  for (const finding of findings.filter(({ type }) => type === 'Eyrie::Seal')) {
    await run('deleteStraySecret', { ...place, finding });
  }
  expect((await run('findStraySecrets', place)).findings).toEqual([]);
  const left = (await account.inventory()).filter(({ id, tags }) => !before.includes(id) && tags['eyrie:workspace']);
  expect(left.map(({ type, name }) => `${type} ${name}`)).toEqual([]);
  expect(await deniedCalls(account)).toEqual([]);
});

test('the published rights of the worker are enough to rotate a key', async (t) => {
  const { account, plan, run } = await setUp(t);
  const key = await run('ensureKmsKey', plan.foundation.kmsKey);
  const { arn } = await run('ensurePolicy', plan['client-user'].policy, key.arn);
  await run('ensureUser', plan['client-user'].user, [arn]);
  const { accessKeyId: old } = await run('ensureAccessKey', plan['access-key']);
  const { owner } = plan['access-key'];
  const rotation = { ...plan['access-key'], owner: { ...owner, run: 'rotation' }, keepsNamed: { unusedForMs: 60_000 } };
  const { earlier } = await run('ensureAccessKey', rotation);
  expect(earlier).toEqual([old]);
  await run('awaitAccessKeyUnused', rotation, old, 60_000);
  await run('deactivateAccessKey', rotation, old);
  await run('retireAccessKey', rotation, old, 0);
  expect(await deniedCalls(account)).toEqual([]);
});

/** An organisation that lets instances be made with IMDSv2, a type of its list and a tag only: the probe has no tag. */
const STRICT_ORGANISATION = {
  name: 'instances',
  policy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: 'ec2:RunInstances',
        Resource: 'arn:aws:ec2:*:*:instance/*',
        Condition: { Null: { 'aws:RequestTag/eyrie:environment': 'true' } },
      },
      {
        Effect: 'Deny',
        Action: 'ec2:RunInstances',
        Resource: 'arn:aws:ec2:*:*:instance/*',
        Condition: { StringNotEquals: { 'ec2:MetadataHttpTokens': 'required' } },
      },
    ],
  },
};

/** In a network of the launch above: what the other ways out take. */
test('the published rights of the worker are enough for a NAT gateway, and for no way out at all', async (t) => {
  const { account, plan, run } = await setUp(t);
  const { vpc, jobSubnets, firewallSubnet, jobRouteTable } = plan.network;
  const { address, gateway } = plan['nat-gateway'];
  const { endpoints } = plan['service-endpoints'];
  const { vpcId } = await run('ensureVpc', vpc);
  await run('ensureInternetGateway', plan.network.gateway, vpcId);
  const { subnetId } = await run('ensureSubnet', firewallSubnet, vpcId, 'us-east-1a');
  const { allocationId } = await run('ensureElasticIp', address);
  const { natGatewayId } = await run('ensureNatGateway', gateway, { vpcId, subnetId, allocationId });
  await run('awaitNatGatewayAvailable', gateway, natGatewayId);
  const { routeTableId } = await run('ensureRouteTable', jobRouteTable, vpcId, [], null);
  await run('ensureDefaultRoute', jobRouteTable, routeTableId, { NatGatewayId: natGatewayId });
  const before = await run('rememberDefaultRoute', jobRouteTable, vpc);
  const [first] = jobSubnets;
  if (!first || !before) throw new Error('nothing is planned');
  const job = await run('ensureSubnet', first, vpcId, 'us-east-1a');
  const groupIds = [await run('findDefaultSecurityGroup', vpc, vpcId)];
  for (const endpoint of endpoints) {
    await run('ensureInterfaceEndpoint', endpoint, { vpcId, subnetIds: [job.subnetId], groupIds });
  }
  await run('ensureDefaultRoute', jobRouteTable, routeTableId, null);
  await run('restoreDefaultRoute', jobRouteTable, vpc, before);

  const removal: Removal = { by: 'owner', unsureSince: null };
  for (const endpoint of endpoints) await run('deleteVpcEndpoint', endpoint, vpc, removal);
  await run('deleteNatGateway', gateway, vpc, removal);
  await run('awaitNatGatewayGone', gateway, vpc, removal);
  await run('releaseElasticIp', address, removal);
  expect(await run('findRemainingNatGateways', gateway, 'owner')).toEqual([]);
  expect(await run('findRemainingElasticIps', address, 'owner')).toEqual([]);
  expect(await run('findRemainingVpcEndpoints', vpc, 'Interface', 'owner')).toEqual([]);
  expect(await deniedCalls(account)).toEqual([]);
});

/** Nobody outside AWS knows which of these is so: a launch passes in each. The default worlds are those of the test above. */
const WORLDS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  [
    'roles are passed to Batch, tags count a second late, and an organisation is strict about instances',
    {
      passedToService: 'batch',
      describes: 'as-sent',
      tagsAfterMs: 1_000,
      serviceControlPolicies: [STRICT_ORGANISATION],
    },
  ],
  ['a dry run looks at the network first, and GuardDuty watches', { dryRun: 'network-first', guardDuty: true }],
  ['a dry run looks at rights only', { dryRun: 'rights-only' }],
];

test.for(WORLDS)('a launch and a disposal pass where %s', async ([_name, world], t) => {
  const { account, plan, run, undo } = await setUp(t, { ...TIMING, propagationMs: 20_000 });
  await account.worlds(world);
  await launch(run, plan);
  await terminate(undo, plan);
  if (!world.tagsAfterMs) expect(await deniedCalls(account)).toEqual([]);
});

test('they are enough to adopt what Hatchery made, and to dispose of it', async (t) => {
  const { account, plan, run, workspace } = await setUp(t);
  const { client } = account;
  await makeHatcheryDeployment({
    clients: {
      ec2: new EC2Client(client),
      batch: new BatchClient(client),
      iam: new IAMClient(client),
      kms: new KMSClient(client),
      s3: new S3Client(client),
    },
    accountId: account.id,
    imageId: IMAGE,
    hostname: workspace.hostname,
    user: workspace.user,
  });
  await launch(run, plan);
  const inventory = await account.inventory();
  const tagged = inventory.filter(({ tags }) => tags['eyrie:workspace'] === workspace.workspaceId);
  expect(tagged.map(({ type }) => type)).toEqual(expect.arrayContaining(['AWS::EC2::VPC', 'AWS::IAM::User']));
  // But for a new AL2023 proxy or key, nothing of it was made anew.
  expect(inventory.filter(({ type }) => type === 'AWS::EC2::VPC' || type === 'AWS::IAM::User')).toHaveLength(2);
  await terminate(run, plan);
  expect(await deniedCalls(account)).toEqual([]);
});

test('they are enough to put back what a launch changed, and to take what people gave a user', async (t) => {
  const { account, plan, run } = await setUp(t);
  await launch(run, plan);
  const before = await account.inventory();
  const iam = new IAMClient(account.client);
  const UserName = plan['client-user'].user.name;
  await iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Pass-word-1!' }));
  await iam.send(new CreateGroupCommand({ GroupName: 'people' }));
  await iam.send(new AddUserToGroupCommand({ UserName, GroupName: 'people' }));

  const { 'compute-environment': computeEnvironment, 'job-queue': jobQueue, 'client-user': clientUser } = plan;
  const environment = await run('rememberComputeEnvironment', computeEnvironment);
  const queue = await run('rememberJobQueue', jobQueue);
  const policy = await run('rememberPolicy', clientUser.policy);
  if (!environment || !queue || !policy) throw new Error('nothing was remembered');
  await run('disableComputeEnvironment', computeEnvironment, { by: 'owner', unsureSince: null });
  await run('disableJobQueue', jobQueue, { by: 'owner', unsureSince: null });
  const other = {
    ...clientUser.policy,
    document: clientUser.policy.document.replaceAll('s3:GetObject', 's3:GetObjectAcl'),
  };
  const { arn } = await run('ensurePolicy', other, 'arn:aws:kms:us-east-1:123456789012:key/k');
  await run('ensureUser', clientUser.user, [arn]);

  await run('restoreComputeEnvironment', computeEnvironment, environment);
  await run('awaitComputeEnvironmentRestored', computeEnvironment);
  await run('restoreJobQueue', jobQueue, queue);
  await run('awaitJobQueueRestored', jobQueue);
  await run('restorePolicy', clientUser.policy, policy);
  expect((await account.inventory()).filter(({ type }) => type !== 'AWS::IAM::Group')).toEqual(before);
  expect(await deniedCalls(account)).toEqual([]);
});

test("they are enough to set up a user's storage, to change it, to empty and to delete it", async (t) => {
  const { account, plan, run } = await setUp(t);
  const ref = plan.preflight.account;
  const planOf = (settings: Partial<StorageSettings> = {}) =>
    planStorage(aStorage({ user: account.id, account: ref, settings }), 'set-up-1');
  const { 'encryption-key': encryption, bucket, objects } = planOf();
  const before = await account.inventory();
  const { arn } = await run('ensureKmsKey', encryption.key);
  await run('ensureOwnBucket', bucket.bucket, { arn, formerArn: null });
  const other = planOf({ kms: false, versioning: true, corsOrigins: [], expirationDays: 7 }).bucket.bucket;
  await run('ensureOwnBucket', other, { arn: null, formerArn: await run('findKmsKeyArn', encryption.key) });

  const s3 = new S3Client(account.client);
  await s3.send(new PutObjectCommand({ Bucket: other.name, Key: 'x', Body: 'y' }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket: other.name, Key: 'half' }));
  const removal: Removal = { by: 'owner', unsureSince: null };
  expect(await run('emptyBucket', objects.contents, EMPTYING_BEGINS, 60_000)).toMatchObject({ done: true, removed: 1 });
  expect(await run('deleteOwnBucket', bucket.contents, removal)).toEqual({ gone: true });
  await run('deleteKmsKey', encryption.key, removal);
  expect(await run('findRemainingOwnBucket', bucket.contents, 'owner')).toEqual([]);
  expect(await run('findRemainingKmsKeys', encryption.key, 'owner')).toEqual([]);
  expect(await account.inventory()).toEqual(before);
  expect(await deniedCalls(account)).toEqual([]);
});

test('they are enough to make, look after and delete the keys of a holder, and to take over one of gen3-workflow’s', async (t) => {
  const { account, run, plan } = await setUp(t);
  const ref = plan.preflight.account;
  const environment = plan.preflight.owner.environment;
  const named = { environment, hostname: environment, bucket: `gen3wf-${environment}-7`, account: ref };
  const bot = planKeyHolder({ ...named, userId: '7', role: 'system' });
  const before = planKeyHolder({ ...named, userId: '8', role: 'user' });
  await new IAMClient(account.client).send(
    new CreateUserCommand({ UserName: before.user.name, Tags: [{ Key: 'name', Value: before.user.tags.name }] }),
  );
  for (const holder of [bot, before]) {
    const { arn } = await run('ensurePolicy', holder.policy, '');
    await run('ensureUser', holder.user, [arn]);
    await run(
      'ensurePolicy',
      { ...holder.policy, document: holder.policy.document.replace('"Exists"', '"IsThere"') },
      '',
    );
    await run('ensureUser', holder.user, [arn]);
    const { accessKeyId } = await run('ensureAccessKey', holder.key('call-1'));
    await run('awaitAccessKeyUsable', holder.key('any'), accessKeyId);
    expect(await run('observeHolderKeys', holder.key('any'), [])).toMatchObject({ listed: [{ accessKeyId }] });
    await run('deleteHolderKey', holder.key('any'), accessKeyId);
  }
  const record = await run('openKeyHolder', { ...named, userId: '7', role: 'system' });
  await run('changeKeyHolder', record.subject, { ...changeOf(record), userReady: true });
  expect(await run('findKeyHolders', environment, null)).toMatchObject({ holders: [record.subject] });
  for (const holder of [bot, before]) {
    const removal = { by: 'owner', unsureSince: null } as const;
    await run('ensureAccessKey', holder.key('call-2'));
    await run('deactivateAccessKeys', holder.key('any'), removal);
    const { listed } = await run('observeHolderKeys', holder.key('any'), []);
    for (const { accessKeyId } of listed) await run('deleteHolderKey', holder.key('any'), accessKeyId);
    await run('deleteUser', holder.user, removal);
    await run('deletePolicy', holder.policy, removal);
    await run('deleteHolderTraces', holder.key('any'));
  }
  expect((await account.inventory()).filter(({ name }) => name?.startsWith('gen3wf-'))).toEqual([]);
  expect(await deniedCalls(account)).toEqual([]);
});

test('under them a user of another environment is met as a foreign one, and left alone', async (t) => {
  const { account, plan, run } = await setUp(t);
  const { user } = plan['client-user'];
  await new IAMClient(account.client).send(
    new CreateUserCommand({ UserName: user.name, Tags: [{ Key: 'eyrie:environment', Value: 'another' }] }),
  );
  const before = await account.inventory();
  await expect(run('ensureUser', user, [])).rejects.toMatchObject({ cause: { type: 'Conflict' } });
  await run('deleteUser', user, { by: 'run', unsureSince: null });
  await run('deleteAccessKey', plan['access-key'], { by: 'owner', unsureSince: null });
  await run('deleteUser', user, { by: 'owner', unsureSince: null });
  expect(await account.inventory()).toEqual(before);
});

test('without one of the documents a launch is denied: the account does evaluate them', async (t) => {
  const { account, plan } = await setUp(t);
  const controlBucket = `${CONTROL_BUCKET}-${account.id}`;
  const credentials = await enter(account, 'api');
  const aws = createAws({ endpoint: account.endpoint, credentials: async () => credentials });
  const ref = plan.preflight.account;
  const control = createControl({
    s3: aws.s3(ref),
    bucket: controlBucket,
    sealingKeys: [{ id: 'test', key: randomBytes(32) }],
  });
  const asApi = runner(createActivities({ aws, control, timing: TIMING, temporal: {} as Client }));
  await expect(asApi('ensureUser', plan['client-user'].user, [])).rejects.toThrow(/not authorized/);
  const intent = runIntent(plan['client-user'].user.owner, 'x');
  await expect(control.intents.write(intent, { at: new Date().toISOString(), settled: false })).rejects.toThrow();
});

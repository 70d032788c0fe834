/** Runs every path of the workflows once, in the sandbox, and writes down the histories. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BatchClient, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeSubject } from '#domain/compute/subject.ts';
import type { WatchComputeInput } from '#domain/compute/watch.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { foundationWorkflowId, quotaWorkflowId, retireKeyWorkflowId } from '#domain/core/workflow-ids.ts';
import type { ExpireKeysInput } from '#domain/keys/expiry.ts';
import {
  CREATE_KEY,
  DELETE_KEY,
  type KeyHolderInput,
  LIST_KEYS,
  LOOK_AFTER_KEYS,
  REMOVE_HOLDER,
} from '#domain/keys/input.ts';
import { KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import { type HolderRole, keyHolderSubject } from '#domain/keys/subject.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { ask } from '#temporal/ask.ts';
import type { disposeIdleWorkspaces } from '../../src/workflows/workspace/dispose-idle.ts';
import type { watchWorkspaces } from '../../src/workflows/workspace/watch.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { aStorage, startRemoval, startSetUp } from '../support/storage-runs.ts';
import { failureOf, startRotate, TIMING, until, untilClosed } from '../support/workspace-runs.ts';

const FOLDER = fileURLToPath(new URL('./histories/', import.meta.url));

let eyrie: EyrieHost;

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** What says where it was recorded, and nothing about the workflow. */
const anonymous = (key: string, value: unknown): unknown =>
  key === 'identity' ? 'worker@example' : key === 'stackTrace' ? '' : value;

const keep = async (name: string, workflowId: string, runId?: string): Promise<void> => {
  const history = await eyrie.rig.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const text = JSON.stringify(JSON.parse(historyToJSON(history)), anonymous);
  writeFileSync(`${FOLDER}${name}.json`, `${text}\n`);
};

const again = (input: LaunchInput): LaunchInput => ({
  ...input,
  launchId: randomUUID(),
  timing: { ...input.timing, keyGraceMs: 0 },
});

const untilHit = (tenant: Tenant) =>
  until('the call came', async () => ((await tenant.account.faultStates())[0]?.hits ?? 0) > 0);

test('a workspace from its first launch to its disposal', async () => {
  const tenant = await eyrie.tenant();
  const input = tenant.input();
  const { environment, account } = input.workspace;
  const launch = await tenant.launch(input);
  const { accessKeyId } = await launch.result();
  await keep('launch-first', launch.workflowId, launch.firstExecutionRunId);
  await keep('foundation', foundationWorkflowId(account.accountId, environment));

  const relaunch = await tenant.launch(again(input));
  await relaunch.result();
  await keep('launch-again', relaunch.workflowId, relaunch.firstExecutionRunId);
  const retire = retireKeyWorkflowId(workspaceSubject(input.workspace), accessKeyId ?? '');
  await untilClosed(eyrie.rig, retire);
  await keep('retire-access-key', retire);

  const park = await tenant.terminate(input, 'park');
  await park.result();
  await keep('terminate-park', park.workflowId, park.firstExecutionRunId);
  const dispose = await tenant.terminate(input, 'dispose');
  await dispose.result();
  await keep('terminate-dispose', dispose.workflowId, dispose.firstExecutionRunId);
  const nothing = await tenant.terminate(input, 'dispose');
  await nothing.result();
  await keep('terminate-disposed', nothing.workflowId, nothing.firstExecutionRunId);
  await keep('quota-allocator', quotaWorkflowId(account.accountId, account.region, environment));
});

test('launches that fail, with and without leftovers, and a dispose that is refused', async () => {
  const tenant = await eyrie.tenant();
  await tenant.account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'denied' });
  const failed = await tenant.launch();
  expect((await failureOf(failed)).type).toBe('Denied');
  await keep('launch-refused', failed.workflowId, failed.firstExecutionRunId);

  await tenant.account.faults({ service: 'ec2', operation: 'DeleteSecurityGroup', times: -1, fault: 'denied' });
  const input = tenant.input({ user: 'leftover@example.org' });
  const incomplete = await tenant.launch(input);
  expect((await failureOf(incomplete)).type).toBe('CompensationIncomplete');
  await keep('launch-incomplete', incomplete.workflowId, incomplete.firstExecutionRunId);
  const refused = await tenant.terminate(input, 'dispose');
  expect((await failureOf(refused)).type).toBe('CompensationIncomplete');
  await keep('terminate-dispose-incomplete', refused.workflowId, refused.firstExecutionRunId);
  await tenant.account.clearFaults();
  await (await tenant.terminate(input, 'dispose')).result();
});

test('launches that are cancelled, or asked to terminate', async () => {
  const tenant = await eyrie.tenant();
  await tenant.account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'throttle' });
  const cancelled = await tenant.launch(tenant.input({ user: 'cancelled@example.org' }));
  await untilHit(tenant);
  await cancelled.cancel();
  await failureOf(cancelled);
  await keep('launch-cancelled', cancelled.workflowId, cancelled.firstExecutionRunId);

  await tenant.account.clearFaults();
  await tenant.account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'throttle' });
  const asked = await tenant.launch(tenant.input({ user: 'asked@example.org' }));
  await untilHit(tenant);
  await asked.executeUpdate('requestTerminate', { args: [{ mode: 'dispose', requestedBy: 'test@example.org' }] });
  await untilClosed(eyrie.rig, asked.workflowId, 'terminateWorkspace');
  await keep('launch-asked-to-terminate', asked.workflowId, asked.firstExecutionRunId);
  await keep('terminate-after-launch', asked.workflowId);
});

test('a launch that gets over throttled and lost answers', async () => {
  const tenant = await eyrie.tenant();
  await tenant.account.faults(
    { service: 'ec2', operation: 'CreateVpc', times: 1, fault: 'lost-answer' },
    { service: 'iam', operation: 'CreateAccessKey', times: 1, fault: 'lost-answer' },
    { service: 'batch', operation: 'CreateComputeEnvironment', times: 3, fault: 'throttle' },
  );
  const launch = await tenant.launch();
  await launch.result();
  await keep('launch-faulty', launch.workflowId, launch.firstExecutionRunId);
});

test('rotations: one that works, one that is refused, one that is asked to terminate; and keys that go after them', async () => {
  const tenant = await eyrie.tenant();
  const input = { ...tenant.input(), timing: { ...tenant.input().timing, keyGraceMs: 0 } };
  const { accessKeyId } = await (await tenant.launch(input)).result();
  const rotation = await startRotate(eyrie.rig, input, { force: true });
  await rotation.result();
  await keep('rotate-keys', rotation.workflowId, rotation.firstExecutionRunId);
  const retire = retireKeyWorkflowId(workspaceSubject(input.workspace), accessKeyId ?? '');
  await untilClosed(eyrie.rig, retire);
  await keep('retire-rotated-key', retire);

  await tenant.account.faults({ service: 's3', operation: 'ListObjectsV2', times: -1, fault: 'denied' });
  const refused = await startRotate(eyrie.rig, input, { force: true });
  await failureOf(refused);
  await keep('rotate-refused', refused.workflowId, refused.firstExecutionRunId);

  await tenant.account.clearFaults();
  await tenant.account.faults({ service: 's3', operation: 'ListObjectsV2', times: -1, fault: 'throttle' });
  const asked = await startRotate(eyrie.rig, input, { force: true });
  await untilHit(tenant);
  await asked.executeUpdate('requestTerminate', { args: [{ mode: 'park', requestedBy: 'test@example.org' }] });
  await untilClosed(eyrie.rig, asked.workflowId, 'terminateWorkspace');
  await keep('rotate-asked-to-terminate', asked.workflowId, asked.firstExecutionRunId);
});

test('workspaces that run are looked at', async () => {
  const tenant = await eyrie.tenant();
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  const { resources = [] } =
    (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))?.record ?? {};
  const jobQueue = resources.find(({ type }) => type === 'AWS::Batch::JobQueue')?.name ?? '';
  await new BatchClient(tenant.account.client).send(new UpdateJobQueueCommand({ jobQueue, state: 'DISABLED' }));
  const { environment } = input.workspace;
  const watch = await eyrie.rig.client.workflow.start<typeof watchWorkspaces>('watchWorkspaces', {
    workflowId: `watch/${environment}/${randomUUID()}`,
    taskQueue: eyrie.rig.taskQueue,
    args: [{ environment, perMinute: 6_000, timing: input.timing }],
  });
  await watch.result();
  await keep('workspace-watch', watch.workflowId);
});

test('workspaces that nobody has used for long are disposed of', async () => {
  const tenant = await eyrie.tenant();
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  await (await tenant.terminate(input, 'park')).result();
  const { environment } = input.workspace;
  const rules = { environment, parkedDays: 0, warningDays: 0, perHour: 3_600_000, timing: input.timing };
  const run = async () => {
    const handle = await eyrie.rig.client.workflow.start<typeof disposeIdleWorkspaces>('disposeIdleWorkspaces', {
      workflowId: `schedule/${environment}/control/idle-disposal-${randomUUID()}`,
      taskQueue: eyrie.rig.taskQueue,
      args: [rules],
    });
    await handle.result();
    return handle;
  };
  // The first one announces.
  await run();
  await keep('dispose-idle', (await run()).workflowId);
  await untilClosed(eyrie.rig, subjectWorkflowId(workspaceSubject(input.workspace)), 'terminateWorkspace');
});

test("a user's storage from its set-up to its removal", async () => {
  const { account, rig } = await eyrie.tenant();
  const ref = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const storage = aStorage({ account: ref });
  const setUp = await startSetUp(rig, storage);
  await setUp.result();
  await keep('storage-set-up', setUp.workflowId, setUp.firstExecutionRunId);
  const s3 = new S3Client(account.client);
  await s3.send(new PutObjectCommand({ Bucket: storage.bucket, Key: 'x', Body: 'y' }));
  const empty = await startRemoval(rig, storage, 'empty');
  await empty.result();
  await keep('storage-empty', empty.workflowId, empty.firstExecutionRunId);
  const dispose = await startRemoval(rig, storage, 'dispose');
  await dispose.result();
  await keep('storage-delete', dispose.workflowId, dispose.firstExecutionRunId);

  await account.faults({ service: 's3', operation: 'PutBucketPolicy', times: -1, fault: 'denied' });
  const refused = await startSetUp(rig, storage);
  expect((await failureOf(refused)).type).toBe('Denied');
  await keep('storage-refused', refused.workflowId, refused.firstExecutionRunId);

  await account.faults({ service: 'kms', operation: 'ScheduleKeyDeletion', times: -1, fault: 'denied' });
  expect((await failureOf(await startSetUp(rig, storage))).type).toBe('CompensationIncomplete');
  await account.clearFaults();
  const sweep = await startRemoval(rig, storage, 'sweep');
  await sweep.result();
  await keep('storage-sweep', sweep.workflowId, sweep.firstExecutionRunId);
});

test('the keys of a user and of their tasks, made, rotated, deleted and looked after', async () => {
  const { account } = await eyrie.tenant();
  const settings = { lifetimeMs: 30 * 86_400_000, maxKeys: 2 };
  const ref = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const tell = async (role: HolderRole, update: string, arg: unknown) => {
    const subject = keyHolderSubject('keys-org', '7', role);
    const named = { environment: 'keys-org', hostname: 'keys.org', userId: '7', role, bucket: 'gen3wf-keys-org-7' };
    const input: KeyHolderInput = { holder: { ...named, account: ref }, settings, timing: TIMING };
    await ask(
      { subject, workflowType: 'keyHolder', input, update, arg, updateId: randomUUID(), summary: 'keys' },
      { client: eyrie.rig.client, taskQueue: eyrie.rig.taskQueue, waitMs: 60_000 },
    );
  };
  await tell('user', CREATE_KEY, { request: 'first' });
  await tell('user', CREATE_KEY, { request: 'second' });
  await tell('user', LIST_KEYS, null);
  const found = await eyrie.control.records(KEY_HOLDER_RECORDS).read(keyHolderSubject('keys-org', '7', 'user'));
  await tell('user', DELETE_KEY, { accessKeyId: found?.record.keys[0]?.id });
  await tell('user', REMOVE_HOLDER, { force: false, requestedBy: 'operator:olga' });
  await tell('user', CREATE_KEY, { request: 'third' });
  await keep('key-holder-user', 'key-holder/keys-org/7');
  for (const halves of [0, 1, 2]) {
    const at = new Date(Date.now() + (halves * settings.lifetimeMs) / 2).toISOString();
    await tell('system', LOOK_AFTER_KEYS, { at, aheadMs: 0 });
  }
  await keep('key-holder-system', 'key-holder/keys-org/7-bot');
  const day = await eyrie.rig.client.workflow.start('expireKeys', {
    workflowId: `day-${randomUUID()}`,
    taskQueue: eyrie.rig.taskQueue,
    args: [{ environment: 'keys-org', settings, perSecond: 50, timing: TIMING } satisfies ExpireKeysInput],
  });
  await day.result();
  await keep('expire-keys', day.workflowId);
});

test('compute environments: made, kept and gone on with, changed, refreshed, looked at, watched and disposed of', async () => {
  const world = await computeTenant(undefined, eyrie, { forge: { type: 'SPOT' }, eyrie: { serviceRole: true } });
  const { account, rig, compute, create, update, validate, dispose } = world;
  const done = async (name: string, handle: WorkflowHandleWithFirstExecutionRunId) => {
    await handle.result().catch(() => undefined);
    await keep(name, handle.workflowId, handle.firstExecutionRunId);
  };
  await account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'denied' });
  await done('compute-refused', await create({ runId: 'one' }));
  await done(
    'compute-resume',
    await create({ runId: 'two', onFailure: 'resume', timing: { ...TIMING, lookEveryMs: 1 } }),
  );
  await done('compute-keep', await create({ runId: 'two', onFailure: 'keep' }));
  await account.clearFaults();
  await done('compute-create', await create({ runId: 'two', onFailure: 'keep' }));
  await done('compute-validate', await validate());
  await done('compute-repair', await validate(true));
  const forge = { ...compute.config.forge, instanceTypes: ['m5'] };
  const other = { ...compute, config: { ...compute.config, forge } };
  await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'fails' });
  await done('compute-update-put-back', await update(other));
  await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'succeeds' });
  await done('compute-update', await update(other));
  await done('compute-refresh-images', await update(other, { type: 'refreshImages' }));
  const watch = await rig.client.workflow.start('watchComputeEnvironments', {
    workflowId: `watch-${randomUUID()}`,
    taskQueue: rig.taskQueue,
    args: [
      {
        ...{ environment: compute.environment, repair: true, perMinute: 600, timing: TIMING },
      } satisfies WatchComputeInput,
    ],
  });
  await done('compute-watch', watch);
  await untilClosed(rig, subjectWorkflowId(computeSubject(compute)), 'validateComputeEnvironment');
  await account.seed('POST jobs', { queue: `TowerForge-${compute.forgeId}-work`, count: 1, status: 'RUNNING' });
  await done('compute-drain', await dispose({ mode: 'drain', drainMinutes: 0.01 }));
});

import { randomUUID } from 'node:crypto';
import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { claimOf } from '#api/workspaces/credential.ts';
import type { AccessKeySecret } from '#control/seals.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { namesOf } from '../support/launch-cases.ts';
import { sealedBy } from '../support/sealed.ts';
import { failureOf, until } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** The same workspace, asked for once more. */
const again = (input: LaunchInput, keyGraceMs = input.timing.keyGraceMs): LaunchInput => ({
  ...input,
  launchId: randomUUID(),
  timing: { ...input.timing, keyGraceMs },
});

/** The key of a launch, opened from its seal. */
const secretOf = async ({ control }: Tenant, { workspace, launchId }: LaunchInput): Promise<AccessKeySecret> => {
  const secret = await sealedBy(control.seals, workspaceSubject(workspace), launchId);
  if (!secret) throw new Error('there is no seal');
  return secret;
};

const clientOf = ({ account }: Tenant, { accessKeyId, secretAccessKey }: AccessKeySecret): BatchClient =>
  new BatchClient({ ...account.client, credentials: { accessKeyId, secretAccessKey } });

/** What the holder of the key of a launch is answered. */
const answerToKey = async (tenant: Tenant, input: LaunchInput): Promise<string> => {
  const batch = clientOf(tenant, await secretOf(tenant, input));
  const asked = batch.send(new DescribeJobQueuesCommand({ jobQueues: [namesOf(input).jobQueue] }));
  return await asked.then(
    () => 'works',
    (error: Error) => error.name,
  );
};

const typesOf = async ({ inventory }: Tenant) =>
  Object.entries(Object.groupBy(await inventory(), ({ type }) => type)).map(([type, all]) => [type, all?.length]);

const keysOf = async ({ inventory }: Tenant) =>
  (await inventory()).filter(({ type }) => type === 'AWS::IAM::AccessKey').map(({ id }) => id);

test.concurrent('two users’ first launches at once share one foundation, and both work', async (t) => {
  const tenant = await eyrie.tenant(t);
  const inputs = ['one', 'two'].map((name) =>
    tenant.input({ user: `${name}-${randomUUID().slice(0, 8)}@example.org` }),
  );
  const handles = await Promise.all(inputs.map((input) => tenant.launch(input)));
  await Promise.all(handles.map((handle) => handle.result()));
  const counted = Object.fromEntries(await typesOf(tenant));
  expect(counted).toMatchObject({
    'AWS::KMS::Key': 1,
    'AWS::KMS::Alias': 1,
    'AWS::S3::Bucket': 1,
    'AWS::IAM::InstanceProfile': 1,
    'AWS::IAM::Role': 3,
    'AWS::EC2::VPC': 2,
    'AWS::Batch::ComputeEnvironment': 2,
    'AWS::IAM::AccessKey': 2,
  });
  expect(await Promise.all(inputs.map((input) => answerToKey(tenant, input)))).toEqual(['works', 'works']);
});

describe('a second launch of a running workspace', () => {
  test.concurrent('makes a key and nothing else; the earlier one works through its grace, and there are never three', async (t) => {
    const tenant = await eyrie.tenant(t);
    const first = tenant.input();
    const made = [(await (await tenant.launch(first)).result()).accessKeyId];
    const early = await secretOf(tenant, first);
    const before = await typesOf(tenant);
    const second = again(first, 60 * 60_000);
    made.push((await (await tenant.launch(second)).result()).accessKeyId);
    expect(await keysOf(tenant)).toEqual(made.toSorted());
    const after = await typesOf(tenant);
    expect(after).toEqual(before.map(([type, count]) => (type === 'AWS::IAM::AccessKey' ? [type, 2] : [type, count])));
    expect(await Promise.all([first, second].map((input) => answerToKey(tenant, input)))).toEqual(['works', 'works']);

    // There is room for two: one that was never claimed goes, and of those the older.
    const third = again(first, 0);
    made.push((await (await tenant.launch(third)).result()).accessKeyId);
    // The other one's grace is 0 by now.
    await until('the earlier keys are gone', async () => (await keysOf(tenant)).length === 1);
    expect(await keysOf(tenant)).toEqual([made[2]]);
    await expect(clientOf(tenant, early).send(new DescribeJobQueuesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    expect(await answerToKey(tenant, third)).toBe('works');
  });

  test.concurrent('that fails leaves the running one as it was, key and all', async (t) => {
    const tenant = await eyrie.tenant(t);
    const first = tenant.input();
    const { accessKeyId } = await (await tenant.launch(first)).result();
    const before = await tenant.inventory();
    const home = again(first);
    // Its last change: the key is made, and then its proof is refused.
    await tenant.account.faults({ service: 's3', operation: 'ListObjectsV2', times: -1, fault: 'denied' });
    const failure = await failureOf(await tenant.launch(home));
    expect(failure.type).toBe('Denied');
    expect(await tenant.inventory()).toEqual(before);
    expect(await answerToKey(tenant, first)).toBe('works');
    const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace))) ?? {};
    expect(record).toMatchObject({ phase: 'running', key: { id: accessKeyId } });
  });
});

describe('a third launch, which makes room for its key', () => {
  /** The first key is at work, the second was never claimed: there is room for no third. */
  const twoKeys = async (t: TestContext) => {
    const tenant = await eyrie.tenant(t);
    const first = tenant.input();
    const { accessKeyId: atWork } = await (await tenant.launch(first)).result();
    const recordOf = async () =>
      (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace)))
        ?.record as WorkspaceRecord;
    const claim = { caller: 'somebody', idempotencyKey: null };
    expect(await claimOf(tenant.control.credentials, await recordOf(), claim)).toMatchObject({ state: 'claimed' });
    const second = again(first, 60 * 60_000);
    const { accessKeyId: unclaimed } = await (await tenant.launch(second)).result();
    const claimed = async () => claimOf(tenant.control.credentials, await recordOf(), claim);
    return { tenant, third: again(first, 60 * 60_000), atWork, unclaimed, recordOf, claimed };
  };

  test.concurrent('and fails at its proof, leaves one to be claimed, and the one that is at work', async (t) => {
    const { tenant, third, atWork, unclaimed, recordOf, claimed } = await twoKeys(t);
    await tenant.account.faults({ service: 's3', operation: 'ListObjectsV2', times: -1, fault: 'denied' });
    expect((await failureOf(await tenant.launch(third))).type).toBe('Denied');
    const { phase, key } = await recordOf();
    expect(phase).toBe('running');
    expect(key?.id).not.toBe(unclaimed);
    expect(await keysOf(tenant)).toEqual([atWork, key?.id].toSorted());
    expect(await claimed()).toMatchObject({ state: 'claimed', secret: { accessKeyId: key?.id } });
  });

  test.concurrent('and can make none at all, names none that is gone', async (t) => {
    const { tenant, third, atWork, recordOf, claimed } = await twoKeys(t);
    await tenant.account.faults({ service: 'iam', operation: 'CreateAccessKey', times: -1, fault: 'denied' });
    expect((await failureOf(await tenant.launch(third))).type).toBe('Denied');
    expect(await recordOf()).toMatchObject({ phase: 'running', key: null, error: { code: 'Denied' } });
    expect(await keysOf(tenant)).toEqual([atWork]);
    expect(await claimed()).toEqual({ state: 'not-ready' });
    await tenant.account.clearFaults();
    await (await tenant.launch(again(third))).result();
    expect(await claimed()).toMatchObject({ state: 'claimed' });
  });
});

test.concurrent('what a failed relaunch left stays listed when the next one fails too, and a sweep takes it', async (t) => {
  const tenant = await eyrie.tenant(t);
  const first = tenant.input();
  await (await tenant.launch(first)).result();
  await (await tenant.terminate(first, 'park')).result();
  const idsOf = async () => (await tenant.inventory()).map(({ type, id }) => `${type} ${id}`);
  const parked = await idsOf();
  const recordOf = async () =>
    (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace)))?.record;
  const denied = { times: -1, fault: 'denied' } as const;
  await tenant.account.faults(
    { service: 'ec2', operation: 'GetConsoleOutput', ...denied },
    { service: 'ec2', operation: 'TerminateInstances', ...denied },
  );
  expect((await failureOf(await tenant.launch(again(first)))).type).toBe('CompensationIncomplete');
  const { leftovers = [], resources } = (await recordOf()) ?? {};
  expect(leftovers.map(({ type }) => type)).toContain('AWS::EC2::Instance');

  await tenant.account.clearFaults();
  await tenant.account.faults({ service: 'ec2', operation: 'DescribeInstanceTypes', ...denied });
  const last = again(first);
  expect((await failureOf(await tenant.launch(last))).type).toBe('CompensationIncomplete');
  expect(await recordOf()).toMatchObject({ phase: 'failed', phaseBefore: 'parked', leftovers, resources });

  await tenant.account.clearFaults();
  expect(await (await tenant.terminate(last, 'sweep')).result()).toEqual({ mode: 'sweep', residue: [] });
  expect(await recordOf()).toMatchObject({ phase: 'parked', leftovers: [], resources });
  expect(await idsOf()).toEqual(parked);
});

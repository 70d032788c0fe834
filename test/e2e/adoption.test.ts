import { randomUUID } from 'node:crypto';
import { BatchClient, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import type { InventoryItem } from 'eyrie-sandbox/client';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { kindTag, RUN_TAG } from '#domain/core/ownership.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { isShared } from '../support/calls.ts';
import { AN_IMAGE, type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { makeHatcheryDeployment } from '../support/hatchery-deployment.ts';
import { namesOf } from '../support/launch-cases.ts';
import { failureOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** A tenant where Hatchery launched for the same user before. */
const afterHatchery = async (t: TestContext) => {
  const tenant = await eyrie.tenant(t);
  const { account, input } = tenant;
  const request = input();
  const clients = {
    ec2: new EC2Client(account.client),
    batch: new BatchClient(account.client),
    iam: new IAMClient(account.client),
    kms: new KMSClient(account.client),
    s3: new S3Client(account.client),
  };
  const { hostname, user } = request.workspace;
  const deployment = await makeHatcheryDeployment({
    clients,
    accountId: account.id,
    imageId: AN_IMAGE,
    hostname,
    user,
  });
  return { tenant, request, deployment, clients, before: await account.inventory() };
};

const idsOf = (items: readonly InventoryItem[]) => items.map(({ type, id }) => `${type} ${id}`).toSorted();

/** What Eyrie can tag of a workspace's own. */
const carriesTags = ({ type, name }: InventoryItem): boolean =>
  type !== 'AWS::IAM::AccessKey' && !(type === 'AWS::EC2::SecurityGroup' && name === 'default');

/** Hatchery made none: its S3 traffic went through the proxy. */
const isEndpoint = ({ type }: { readonly type: string }): boolean => type === 'AWS::EC2::VPCEndpoint';

test.concurrent('a launch finds, tags and uses all that Hatchery left, and makes only a key and the S3 endpoint', async (t) => {
  const { tenant, request, before } = await afterHatchery(t);
  const { accessKeyId } = await (await tenant.launch(request)).result();
  const after = await tenant.inventory();
  const made = after.filter(isEndpoint);
  expect(made).toHaveLength(1);
  expect(idsOf(after)).toEqual([...idsOf(before), ...idsOf(made), `AWS::IAM::AccessKey ${accessKeyId}`].toSorted());
  const names = namesOf(request);
  for (const item of after.filter((one) => carriesTags(one) && !isShared(one, names) && !isEndpoint(one))) {
    if (item.type === 'AWS::EC2::RouteTable' && item.details.main) continue;
    expect(item.tags, `${item.type} ${item.name}`).toMatchObject({
      [kindTag('workspace')]: request.workspace.workspaceId,
    });
    expect(item.tags, `${item.type} ${item.name}`).not.toHaveProperty(RUN_TAG);
  }
  // What Hatchery never converged is put right.
  const details = (type: string, named: string | null) =>
    after.find((item) => item.type === type && (named === null || item.name === named))?.details;
  expect(details('AWS::EC2::VPC', names.vpc)).toMatchObject({ enableDnsHostnames: true, enableDnsSupport: true });
  expect(details('AWS::EC2::Instance', names.squidInstance)).toMatchObject({ sourceDestCheck: false });
  expect(details('AWS::EC2::SecurityGroup', names.squidSecurityGroup)).toMatchObject({
    ingress: [{ cidrs: ['192.168.0.0/16'], fromPort: 0, toPort: 65_535 }],
  });
  expect(details('AWS::Batch::JobQueue', names.jobQueue)).toMatchObject({ state: 'ENABLED' });
  expect(details('AWS::KMS::Key', null)).toMatchObject({ rotation: true });
  const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(request.workspace))) ?? {};
  const found = record?.resources.filter((one) => !isEndpoint(one)) ?? [];
  expect(new Set(found.map(({ origin }) => origin))).toEqual(new Set(['adopted', 'shared']));
});

test.concurrent('a launch that fails at its end takes away nothing that Hatchery left', async (t) => {
  const { tenant, request, before } = await afterHatchery(t);
  await tenant.account.faults({ service: 'iam', operation: 'CreateAccessKey', times: -1, fault: 'denied' });
  const failure = await failureOf(await tenant.launch(request));
  expect(failure.type).toBe('Denied');
  expect(idsOf(await tenant.inventory())).toEqual(idsOf(before));
});

test.concurrent('dispose takes away what was adopted, and leaves what the workspaces share', async (t) => {
  const { tenant, request, before } = await afterHatchery(t);
  await (await tenant.launch(request)).result();
  const dispose = await tenant.terminate(request, 'dispose');
  expect(await dispose.result()).toEqual({ mode: 'dispose', residue: [] });
  const names = namesOf(request);
  expect(idsOf(await tenant.inventory())).toEqual(
    idsOf(before.filter((item) => isShared(item, names) || item.type === 'AWS::S3::Object')),
  );
});

/** Tags that Hatchery's lookups go by. */
const isHatcherys = ([key]: readonly [string, string]): boolean => !key.startsWith('eyrie:');

test.concurrent('back to Hatchery: after a park its own lookups find all by name, path and tags', async (t) => {
  const { tenant, request, deployment, clients, before } = await afterHatchery(t);
  // As with credentials that refresh, which bring a role that Hatchery does not know.
  const input = {
    ...request,
    workspace: {
      ...request.workspace,
      settings: {
        ...request.workspace.settings,
        credentials: { form: 'both' as const, enteredBy: `arn:aws:iam::${tenant.account.id}:root` },
      },
    },
  };
  await (await tenant.launch(input)).result();
  const { names } = deployment;
  const roleUnderPath = async () =>
    (await clients.iam.send(new ListRolesCommand({ PathPrefix: names.path }))).Roles?.map(({ RoleName }) => RoleName);
  // It takes the first, also while the functions are switched one by one.
  expect(await roleUnderPath()).toEqual([names.jobsRole]);
  await (await tenant.terminate(input, 'park')).result();
  expect(await roleUnderPath()).toEqual([names.jobsRole]);

  const after = await tenant.inventory();
  const kept = before.filter(({ type }) => type !== 'AWS::IAM::AccessKey' && type !== 'AWS::EC2::Instance');
  for (const item of kept.filter(({ name }) => name !== null)) {
    const now = after.find(({ type, id }) => type === item.type && id === item.id);
    expect(now, `${item.type} ${item.name}`).toMatchObject({ name: item.name });
    expect(Object.entries(now?.tags ?? {}).filter(isHatcherys), `${item.type} ${item.name}`).toEqual(
      Object.entries(item.tags),
    );
  }
  // What the guide says of the way back: a queue that exists is taken by Hatchery as it is.
  const queue = () => tenant.inventory().then((all) => all.find(({ name }) => name === names.jobQueue)?.details);
  expect(await queue()).toMatchObject({ state: 'DISABLED' });
  await clients.batch.send(new UpdateJobQueueCommand({ jobQueue: names.jobQueue, state: 'ENABLED' }));
  await t.expect.poll(queue).toMatchObject({ state: 'ENABLED' });
  // And forth again.
  await (await tenant.launch({ ...input, launchId: randomUUID() })).result();
  expect((await tenant.inventory()).filter(({ name }) => name === names.vpc)).toHaveLength(2);
});

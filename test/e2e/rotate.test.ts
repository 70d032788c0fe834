import { randomUUID } from 'node:crypto';
import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimOf } from '#api/workspaces/credential.ts';
import { createSessions } from '#api/workspaces/sessions.ts';
import { createOwnAws } from '#aws/own.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { namesOf } from '../support/launch-cases.ts';
import { failureOf, startRotate, until } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** A workspace that runs; what it hands out, and what AWS says to the holder. */
const running = async (tenant: Tenant, keyGraceMs: number) => {
  const input = tenant.input();
  const own = { ...input, timing: { ...input.timing, keyGraceMs } };
  await (await tenant.launch(own)).result();
  const recordOf = async () =>
    (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))
      ?.record as WorkspaceRecord;
  const claim = async () => {
    const answer = await claimOf(tenant.control.credentials, await recordOf(), {
      caller: 'somebody',
      idempotencyKey: null,
    });
    if (answer.state !== 'claimed' || !answer.secret) throw new Error(`the key is ${answer.state}`);
    const { secret } = answer;
    const batch = new BatchClient({ ...tenant.account.client, credentials: secret });
    const works = () =>
      batch.send(new DescribeJobQueuesCommand({ jobQueues: [namesOf(input).jobQueue] })).then(
        () => 'works',
        (error: Error) => error.name,
      );
    return { id: secret.accessKeyId, works };
  };
  const keys = async () =>
    (await tenant.inventory())
      .filter(({ type }) => type === 'AWS::IAM::AccessKey')
      .map(({ id, details }) => [id, details.status]);
  return { input: own, recordOf, claim, keys };
};

test.concurrent('a run that goes on with the old key is not cut off, and the new one works before it is named', async (t) => {
  const tenant = await eyrie.tenant(t);
  const { input, recordOf, claim, keys } = await running(tenant, 0);
  const old = await claim();
  const before = (await tenant.inventory()).filter(({ type }) => type !== 'AWS::IAM::AccessKey');
  const { accessKeyId } = await (await startRotate(tenant.rig, input)).result();
  expect(await recordOf()).toMatchObject({ phase: 'running', operation: null, key: { id: accessKeyId } });
  const fresh = await claim();
  expect(fresh.id).toBe(accessKeyId);
  expect([await old.works(), await fresh.works()]).toEqual(['works', 'works']);
  expect((await tenant.inventory()).filter(({ type }) => type !== 'AWS::IAM::AccessKey')).toEqual(before);

  // Both are in use: there is no place for a third, and nothing is taken.
  const failure = await failureOf(await startRotate(tenant.rig, input));
  expect(failure.type).toBe('KeyInUse');
  expect((await keys()).map(([id]) => id)).toEqual([old.id, fresh.id].toSorted());
  expect([await old.works(), await fresh.works()]).toEqual(['works', 'works']);
  expect(await recordOf()).toMatchObject({ phase: 'running', key: { id: fresh.id }, error: { code: 'KeyInUse' } });
});

test.concurrent('by an operator’s word the old key goes, used or not', async (t) => {
  const tenant = await eyrie.tenant(t);
  const { input, claim, keys } = await running(tenant, 0);
  const old = await claim();
  expect(await old.works()).toBe('works');
  await (await startRotate(tenant.rig, input, { force: true })).result();
  const fresh = await claim();
  await until('the old key is gone', async () => (await keys()).length === 1);
  expect(await old.works()).not.toBe('works');
  expect(await fresh.works()).toBe('works');
});

test.concurrent('sessions of a workspace do what its key does, until it is parked', async (t) => {
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  const credentials = { form: 'refreshing', enteredBy: `arn:aws:iam::${tenant.account.id}:root` } as const;
  const own = { ...input, workspace: { ...input.workspace, settings: { ...input.workspace.settings, credentials } } };
  expect(await (await tenant.launch(own)).result()).toEqual({ accessKeyId: null });
  const subject = workspaceSubject(input.workspace);
  const recordOf = async () =>
    (await tenant.control.records(WORKSPACE_RECORDS).read(subject))?.record as WorkspaceRecord;
  const claimed = await claimOf(tenant.control.credentials, await recordOf(), { caller: 'me', idempotencyKey: null });
  const token = claimed.state === 'claimed' ? (claimed.token ?? '') : '';
  expect(token.length).toBeGreaterThan(40);
  const aws = createOwnAws({ ...tenant.account.client, credentials: { ...tenant.account.credentials } });
  const sessions = createSessions({
    sts: aws.sts,
    tokens: tenant.control.tokens,
    read: async () => (await recordOf()).workspace,
    seconds: 900,
    now: Date.now,
  });
  const session = await sessions(subject, token);
  const batch = new BatchClient({
    ...tenant.account.client,
    credentials: {
      accessKeyId: session?.AccessKeyId ?? '',
      secretAccessKey: session?.SecretAccessKey ?? '',
      sessionToken: session?.Token ?? '',
    },
  });
  const asks = () => batch.send(new DescribeJobQueuesCommand({ jobQueues: [namesOf(input).jobQueue] }));
  expect((await asks()).jobQueues).toHaveLength(1);
  const types = (await tenant.inventory()).map(({ type }) => type);
  expect(types).not.toContain('AWS::IAM::AccessKey');

  await (await tenant.terminate(own, 'park')).result();
  expect(await sessions(subject, token)).toBeUndefined();
  await expect(asks()).rejects.toThrow();
  await (await tenant.launch({ ...own, launchId: randomUUID() })).result();
  expect(await sessions(subject, token)).toBeUndefined();
  await (await tenant.terminate(own, 'dispose')).result();
  expect((await tenant.inventory()).filter(({ name }) => name === namesOf(input).clientRole)).toEqual([]);
});

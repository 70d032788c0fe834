/**
 * The drill of docs/operations/backup.md, by its own commands: the control bucket is saved, the world goes on, the bucket is
 * lost, and comes back as it was.
 */
import { readFileSync } from 'node:fs';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { adminCall, type InventoryItem } from 'eyrie-sandbox/client';
import { expect, onTestFinished, test } from 'vitest';
import { requestToken } from '#cli/token.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { startRoot } from '../support/root-process.ts';
import { until } from '../support/workspace-runs.ts';

const PAGE = readFileSync(new URL('../../docs/operations/backup.md', import.meta.url), 'utf8');

/** Prefixes that the documented copy in this direction leaves out. */
const leftOut = (from: string): readonly string[] => {
  const command = PAGE.split('\n').find((line) => line.trim().startsWith(`aws s3 sync s3://${from}`)) ?? '';
  return [...command.matchAll(/--exclude '([^*']+)\*'/g)].map(([, prefix = '']) => prefix);
};

const SAVE = leftOut('CONTROL_BUCKET');
const RESTORE = leftOut('BACKUP_BUCKET');

test('the page says what is never saved, and what does not come back', () => {
  expect(SAVE).toEqual(['seals/']);
  expect(RESTORE).toEqual(['seals/', 'tokens/']);
});

const buckets = (s3: S3Client) => {
  const list = async (Bucket: string): Promise<string[]> => {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const { Contents = [], NextContinuationToken } = await s3.send(
        new ListObjectsV2Command({ Bucket, ...(ContinuationToken && { ContinuationToken }) }),
      );
      keys.push(...Contents.map(({ Key = '' }) => Key));
      if (!NextContinuationToken) return keys;
      ContinuationToken = NextContinuationToken;
    }
  };
  return {
    list,
    /** `aws s3 sync` into an empty place. */
    sync: async (from: string, to: string, without: readonly string[]): Promise<void> => {
      for (const Key of await list(from)) {
        if (without.some((prefix) => Key.startsWith(prefix))) continue;
        await s3.send(new CopyObjectCommand({ Bucket: to, Key, CopySource: `${from}/${encodeURIComponent(Key)}` }));
      }
    },
    empty: async (Bucket: string): Promise<void> => {
      for (const Key of await list(Bucket)) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
};

test('a bucket that is lost and restored to an earlier moment: nothing that lives is taken, no secret is given twice', async () => {
  const dev = await startDevProcess('--no-restart');
  onTestFinished(() => dev.stop());
  const { aws, region, account, controlBucket, config, temporal, issuer, api, apiPid, workerPid } = dev.state();
  const credentials = { accessKeyId: account, secretAccessKey: 'sandbox' };
  const s3 = new S3Client({ endpoint: aws, region, credentials, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  const { sync, empty, list } = buckets(s3);
  const inventory = async (): Promise<InventoryItem[]> => {
    const all = (await adminCall(aws, 'GET', `accounts/${account}/inventory`)) as InventoryItem[];
    return all.filter(({ type, details }) => type !== 'AWS::S3::Object' && details.bucket === undefined);
  };
  const thingsOf = async (user: string): Promise<InventoryItem[]> =>
    (await inventory()).filter(
      ({ tags, details }) =>
        tags['eyrie:workspace'] === `localhost.${user}` || details.userName === `localhost-nf-${user}`,
    );
  let at = api;
  const call = async (user: string, method: string, path: string, body?: object) => {
    const token = await requestToken(issuer, user === 'operator' ? { operator: true } : { user });
    const answer = await fetch(`${at}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: (text.startsWith('{') ? JSON.parse(text) : {}) as never };
  };
  const show = async (user: string) =>
    (await call(user, 'GET', `/v1/workspaces/localhost.${user}`)).json as WorkspaceView;
  const atRest = async (user: string): Promise<WorkspaceView> => {
    await until(`${user} is at rest`, async () => (await show(user)).operation === null);
    return await show(user);
  };
  const launch = async (user: string): Promise<WorkspaceView> => {
    expect((await call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' })).status).toBe(202);
    return await atRest(user);
  };
  const claim = (user: string) => call(user, 'POST', `/v1/workspaces/localhost.${user}/credentials`);
  const dispose = async (user: string): Promise<WorkspaceView> => {
    const path = `/v1/workspaces/localhost.${user}/terminate`;
    expect((await call(user, 'POST', path, { mode: 'dispose' })).status).toBe(202);
    return await atRest(user);
  };

  await Promise.all(['ada', 'ben', 'dan'].map(launch));
  expect((await claim('ada')).status).toBe(200);
  await s3.send(new CreateBucketCommand({ Bucket: 'backup' }));
  await sync(controlBucket, 'backup', SAVE);
  expect((await list('backup')).filter((key) => key.startsWith('seals/'))).toEqual([]);
  // Somebody who copies all of it makes the mistake that the page warns of.
  await s3.send(new CreateBucketCommand({ Bucket: 'mistake' }));
  await sync(controlBucket, 'mistake', []);
  expect((await list('mistake')).some((key) => key.startsWith('seals/'))).toBe(true);

  // Since then: a key is handed out, a workspace is launched and used, another one is disposed of.
  expect((await claim('ben')).status).toBe(200);
  expect(await launch('cyd')).toMatchObject({ phase: 'running' });
  expect((await claim('cyd')).status).toBe(200);
  expect(await dispose('dan')).toMatchObject({ phase: 'disposed' });
  const lived = await inventory();

  for (const pid of [apiPid, workerPid]) process.kill(pid, 'SIGTERM');
  await empty(controlBucket);
  await sync('backup', controlBucket, RESTORE);
  const keys = (await list('mistake')).filter((key) => key.startsWith('seals/'));
  for (const Key of keys) {
    await s3.send(
      new CopyObjectCommand({ Bucket: controlBucket, Key, CopySource: `mistake/${encodeURIComponent(Key)}` }),
    );
  }
  const changes = { sealingKeys: [{ id: 'restored', key: Buffer.alloc(32, 9).toString('base64') }], api: { port: 0 } };
  const [restored] = await Promise.all([
    startRoot('api/server.ts', config, changes),
    startRoot('worker.ts', config, changes),
  ]);
  at = restored.ready.api ?? '';

  // As it was, and its key works on.
  expect(await show('ada')).toMatchObject({ phase: 'running', credential: { state: 'claimed' } });
  // Handed out since then: not once more, not even where the seal came back by mistake.
  const again = await claim('ben');
  expect(again.status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify(again.json)).not.toContain('secretAccessKey');

  // Launched since then: nobody knows of it, nothing of it is taken, and it is found again.
  expect((await call('cyd', 'GET', '/v1/workspaces/localhost.cyd')).status).toBe(404);
  expect((await call('operator', 'POST', '/v1/sweeps', { apply: true, olderThanHours: 0 })).status).toBe(202);
  const latest = async () =>
    (await call('operator', 'GET', '/v1/sweeps/latest')).json as {
      run: { running: boolean; failed: string | null };
      report: { findings: { kind: string; owner: string | null; outcome: string | null }[] };
    };
  await until('the sweep has ended', async () => !(await latest()).run.running);
  const { run, report } = await latest();
  expect(run.failed).toBeNull();
  const lost = report.findings.filter(({ owner }) => owner === 'workspace/localhost/cyd');
  expect(lost.length).toBeGreaterThan(10);
  expect(new Set(lost.map(({ kind, outcome }) => `${kind} ${outcome}`))).toEqual(new Set(['no-record null']));
  expect(
    report.findings.filter(({ owner, kind }) => kind === 'missing' && owner === 'workspace/localhost/dan'),
  ).not.toEqual([]);
  expect(await inventory()).toEqual(lived);
  const before = await thingsOf('cyd');
  expect(await launch('cyd')).toMatchObject({ phase: 'running', error: null });
  const [fresh, ...others] = (await thingsOf('cyd')).filter(({ id }) => !before.some((one) => one.id === id));
  expect(fresh).toMatchObject({ type: 'AWS::IAM::AccessKey' });
  expect(others).toEqual([]);
  expect(before.filter(({ id }) => id !== null && !lived.some((one) => one.id === id))).toEqual([]);
  expect((await claim('cyd')).status).toBe(200);
  expect((await thingsOf('cyd')).filter(({ type }) => type === 'AWS::IAM::AccessKey')).toHaveLength(2);

  // What the page tells to ask Temporal names all that has changed.
  const connection = await Connection.connect({ address: temporal });
  onTestFinished(() => connection.close());
  const ids = new Set<string>();
  for await (const { workflowId } of new Client({ connection }).workflow.list({
    query: "EyrieEnvironment = 'localhost'",
  }))
    ids.add(workflowId);
  for (const user of ['ben', 'cyd', 'dan']) expect(ids).toContain(`workspace/localhost/${user}`);
});

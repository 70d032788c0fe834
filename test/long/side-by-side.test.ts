/**
 * Two environments side by side on one Temporal namespace and in one AWS account: neither touches the other one's work and
 * things.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { adminCall, type InventoryItem } from 'eyrie-sandbox/client';
import { expect, onTestFinished, test } from 'vitest';
import { requestToken } from '#cli/token.ts';
import type { Finding } from '#doctor/finding.ts';
import { ENVIRONMENT_TAG } from '#domain/core/ownership.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { disposeIdleWorkspaces } from '../../src/workflows/workspace/dispose-idle.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { startRoot } from '../support/root-process.ts';
import { TIMING, until } from '../support/workspace-runs.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Installation {
  readonly environment: string;
  readonly controlBucket: string;
  readonly config: string;
  readonly call: (who: string, method: string, path: string, body?: object) => Promise<{ status: number; json: never }>;
}

const OPERATOR = 'operator';

const callerOf = ({ state }: DevProcess, api: string): Installation['call'] => {
  const tokens = new Map<string, Promise<string>>();
  return async (who, method, path, body) => {
    const wanted = who === OPERATOR ? { operator: true } : { user: who };
    const token = tokens.get(who) ?? requestToken(state().issuer, { ...wanted, ttlSeconds: 3_600 });
    tokens.set(who, token);
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: { authorization: `Bearer ${await token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: (text.startsWith('{') ? JSON.parse(text) : {}) as never };
  };
};

/** A worker and an API of their own, on the Temporal namespace and in the account of `eyrie dev`. */
const install = async (dev: DevProcess, hostname: string, controlBucket: string): Promise<Installation> => {
  const { aws: endpoint, account, region, config } = dev.state();
  const root = () => ({ accessKeyId: account, secretAccessKey: 'sandbox' }); // the SDK writes into what it is given
  const s3 = new S3Client({ endpoint, region, credentials: root(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: controlBucket }));
  s3.destroy();
  const changes = {
    environment: hostname,
    aws: { controlBucket, credentials: root(), assumeRole: undefined },
    api: { port: 0, assumeRole: undefined },
  };
  const [api] = await Promise.all([
    startRoot('api/server.ts', config, changes),
    startRoot('worker.ts', config, changes),
  ]);
  return {
    environment: hostname.replaceAll('.', '-'),
    controlBucket,
    config: api.config,
    call: callerOf(dev, api.ready.api ?? ''),
  };
};

const viewOf = async ({ call, environment }: Installation, user: string): Promise<WorkspaceView> =>
  (await call(user, 'GET', `/v1/workspaces/${environment}.${user}`)).json;

const begin = async ({ call }: Installation, user: string): Promise<void> => {
  expect((await call(user, 'POST', '/v1/workspaces', { profile: 'nextflow' })).status).toBe(202);
};

const atRest = async (at: Installation, user: string): Promise<WorkspaceView> => {
  await until(`${user} is at rest in ${at.environment}`, async () => (await viewOf(at, user)).operation === null);
  return await viewOf(at, user);
};

const terminate = async (at: Installation, user: string, mode: 'park' | 'dispose'): Promise<WorkspaceView> => {
  const path = `/v1/workspaces/${at.environment}.${user}/terminate`;
  expect((await at.call(user, 'POST', path, { mode })).status).toBe(202);
  return await atRest(at, user);
};

const doctorOf = ({ config }: Installation): Promise<readonly Finding[]> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, 'doctor', '--json', '--config', config],
      (_, stdout) => {
        const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
        resolve(findings);
      },
    );
  });

const neighboursBy = async (at: Installation): Promise<readonly Finding[]> =>
  (await doctorOf(at)).filter(({ check }) => check === 'neighbours');

test('two environments, the same users: launches, lists, sweeps, idle disposal and disposals', async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const { account, config, controlBucket, temporal, aws } = dev.state();
  const one: Installation = { environment: 'localhost', controlBucket, config, call: callerOf(dev, dev.state().api) };
  const other = await install(dev, 'other.example.org', `other-${account}`);
  const inventory = async (): Promise<InventoryItem[]> =>
    (await adminCall(aws, 'GET', `accounts/${account}/inventory`)) as InventoryItem[];
  const thingsOf = async ({ environment, controlBucket: bucket }: Installation): Promise<InventoryItem[]> =>
    (await inventory()).filter(
      ({ tags, name, details }) =>
        (tags[ENVIRONMENT_TAG] === environment || name?.startsWith(`${environment}-nf-`)) && details.bucket !== bucket,
    );

  const users = ['ada', 'ben', 'cyd'];
  await Promise.all(users.flatMap((user) => [begin(one, user), begin(other, user)]));
  for (const at of [one, other])
    for (const user of users) expect(await atRest(at, user)).toMatchObject({ phase: 'running' });
  for (const [at, stranger] of [
    [one, other],
    [other, one],
  ] as const) {
    const { items } = (await at.call(OPERATOR, 'GET', '/v1/workspaces')).json as { items: { id: string }[] };
    expect(items.map(({ id }) => id).sort()).toEqual(users.map((user) => `${at.environment}.${user}`));
    const theirs = await at.call('ada', 'GET', `/v1/workspaces/${stranger.environment}.ada`);
    expect(theirs.status).toBe(404);
  }
  expect(await neighboursBy(one)).toMatchObject([{ verdict: 'ok', detail: 'apart from other-example-org' }]);

  // From here on the one environment does all that takes things away, and the other one's stand.
  for (const user of ['ada', 'ben']) expect(await terminate(other, user, 'park')).toMatchObject({ phase: 'parked' });
  const theirs = await thingsOf(other);
  expect(theirs.length).toBeGreaterThan(30);

  const swept = await one.call(OPERATOR, 'POST', '/v1/sweeps', { apply: true, olderThanHours: 0 });
  expect(swept.status).toBe(202);
  const latest = async () =>
    (await one.call(OPERATOR, 'GET', '/v1/sweeps/latest')).json as {
      run: { running: boolean; failed: string | null } | null;
      report: object | null;
    };
  await until('the sweep has ended', async () => (await latest()).run?.running === false);
  const { run, report } = await latest();
  expect(run?.failed).toBeNull();
  expect(report).toMatchObject({ apply: true, requestedBy: expect.any(String) });
  expect(JSON.stringify(report)).not.toContain(other.environment);
  expect(await thingsOf(other)).toEqual(theirs);

  expect(await terminate(one, 'ada', 'park')).toMatchObject({ phase: 'parked' });
  const connection = await Connection.connect({ address: temporal });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  // What was parked this moment is announced by the first run, and goes with the second.
  for (const disposed of [0, 1]) {
    const idle = await client.workflow.start<typeof disposeIdleWorkspaces>('disposeIdleWorkspaces', {
      workflowId: `schedule/${one.environment}/${one.controlBucket}/idle-disposal-${disposed}`,
      taskQueue: `eyrie/${one.environment}/${one.controlBucket}`,
      args: [{ environment: one.environment, parkedDays: 0, warningDays: 0, perHour: 10_000, timing: TIMING }],
    });
    expect(await idle.result()).toMatchObject({ parked: 1, disposed });
  }
  expect(await atRest(one, 'ada')).toMatchObject({ phase: 'disposed' });
  expect(await terminate(one, 'ben', 'dispose')).toMatchObject({ phase: 'disposed' });
  for (const user of ['ada', 'ben'])
    expect(await viewOf(other, user)).toMatchObject({ phase: 'parked', disposalDueAt: null });
  expect(await thingsOf(other)).toEqual(theirs);

  // What the policy of a control bucket takes away, no simulation of a role's rights shows.
  const refused = async (): Promise<readonly string[]> =>
    (await doctorOf(other))
      .filter(({ check, verdict }) => check.startsWith('control bucket: ') && verdict === 'problem')
      .map(({ check }) => check);
  expect(await refused()).toEqual([]);
  const before = await thingsOf(other);
  const root = { accessKeyId: account, secretAccessKey: 'sandbox' };
  const s3 = new S3Client({ endpoint: aws, region: 'us-east-1', credentials: root, forcePathStyle: true });
  const Resource = `arn:aws:s3:::${other.controlBucket}/*`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket: other.controlBucket, Policy }));
  expect(await refused()).toEqual(['control bucket: write']);
  expect(await thingsOf(other)).toEqual(before);
});

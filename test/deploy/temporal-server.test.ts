/** The guides, on the Temporal that they are about: a server on PostgreSQL which wants its clients' certificates. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootOf } from '#cli/dev/account.ts';
import { seedImages } from '#cli/dev/images.ts';
import { makeRoles } from '#cli/dev/roles.ts';
import { requestToken } from '#cli/token.ts';
import { loadConfig } from '#config/load.ts';
import type { Finding } from '#doctor/finding.ts';
import { whyNoConnection } from '#doctor/temporal-connection.ts';
import { environmentOf } from '#domain/core/escaping.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { until } from '../support/workspace-runs.ts';
import { ROOT } from './buildah.ts';
import { createTemporalServer, NAMESPACE, type TemporalServer, type Variables } from './temporal-server.ts';

/** Another one than that of `eyrie dev`: nothing is in it. */
const ACCOUNT = '444455556666';

let dev: DevProcess;
let server: TemporalServer;
let folder: string;
let variables: Variables;

/** The file that a guide shows, as it is. */
const guidesFile = (page: string): string => {
  const [, block] = /^```yaml\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, page), 'utf8')) ?? [];
  if (block === undefined) throw new Error(`${page} shows no file`);
  return block;
};

/** An account that is ready for the guide's file: its bucket, its roles, its machine images. */
const makeAccount = async (file: string): Promise<Variables> => {
  const { aws: endpoint, issuer } = dev.state();
  const sealing = { EYRIE_SEALING_KEYS: `2026-11:${Buffer.alloc(32, 7).toString('base64')}` };
  const config = loadConfig(file, sealing);
  const { region, controlBucket } = config.aws;
  const s3 = new S3Client({ endpoint, region, credentials: rootOf(ACCOUNT), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: controlBucket }));
  const { credentials, workerRoleArn } = await makeRoles({
    ...{ endpoint, region, controlBucket, accountId: ACCOUNT, root: rootOf(ACCOUNT) },
    environment: environmentOf(config.environment),
  });
  await seedImages(
    endpoint,
    { id: ACCOUNT, region, controlBucket, credentials, workerRoleArn, apiRoleArn: '', imageId: '' },
    config,
  );
  const entered = await new STSClient({ endpoint, region, credentials: { ...credentials } }).send(
    new AssumeRoleCommand({ RoleArn: workerRoleArn, RoleSessionName: 'worker', DurationSeconds: 3_600 }),
  );
  return {
    ...sealing,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: entered.Credentials?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: entered.Credentials?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: entered.Credentials?.SessionToken ?? '',
    EYRIE_ISSUER: issuer,
    EYRIE_API_PORT: '0',
  };
};

const processes: { stop(): Promise<unknown> }[] = [];

const eyrie = (args: readonly string[], more: Variables = {}) => {
  const child = spawn(join(ROOT, 'bin/eyrie'), [...args, '--config', join(folder, 'eyrie.yaml'), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables, ...server.variables('client'), ...more },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  return { child, ended: once(child, 'exit'), log: () => log };
};

const doctor = async (more: Variables = {}): Promise<readonly Finding[]> => {
  const { child, log } = eyrie(['doctor'], more);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await once(child, 'close');
  if (said === '') throw new Error(log());
  const { findings } = JSON.parse(said) as { findings: readonly Finding[] };
  return findings.filter(({ area }) => area === 'temporal');
};

/** As the file has it, looks at AWS are up to five seconds apart. */
const PATIENCE = { timeout: 150_000 };

/** What it prints when it is ready. */
const start = async (command: 'api' | 'worker'): Promise<{ api: string }> => {
  const { child, ended, log } = eyrie([command]);
  processes.push({
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready"')) resolve(JSON.parse(line) as { api: string });
    });
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${log()}`)));
  });
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'eyrie-guide-'));
  writeFileSync(join(folder, 'eyrie.yaml'), guidesFile('docs/how-to/run-on-your-aws-account.md'));
  [dev, server] = await Promise.all([startDevProcess('--no-restart'), createTemporalServer()]);
  variables = await makeAccount(join(folder, 'eyrie.yaml'));
  await server.start();
});

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await Promise.all([dev?.stop(), server?.stop()]);
  rmSync(folder, { recursive: true });
});

interface Item {
  readonly type: string;
  readonly id: string;
}

const inventory = async (): Promise<readonly Item[]> => {
  const response = await fetch(`${dev.state().aws}/_sandbox/accounts/${ACCOUNT}/inventory`);
  return (await response.json()) as readonly Item[];
};

/** A workspace as its user sees it. */
interface View {
  readonly id: string;
  readonly phase: string;
  readonly steps: readonly { readonly name: string; readonly state: string }[];
}

test('a certificate of another CA, and none: each is told apart', async () => {
  const why = async (variables: Variables) => {
    const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: { ...variables }, disableFile: true });
    return (await whyNoConnection(connectionOptions))?.todo;
  };
  const { TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH, ...without } = server.variables('client');
  for (const refused of [server.variables('stranger'), without])
    expect(await why(refused)).toContain('TEMPORAL_TLS_CLIENT_CERT_PATH');
  // Control: the right one.
  expect(await why({ ...without, ...server.variables('client') })).toBeUndefined();
});

test('a launch goes on after the server was killed, and all of it goes with the workspace', async () => {
  const { temporal } = server;
  // There is no namespace yet, and the doctor says how to make one.
  const command = `temporal operator namespace create --namespace ${NAMESPACE} --retention 30d`;
  expect((await doctor()).map(({ todo }) => todo)).toContain(command);
  expect(temporal(...command.split(' ').slice(1))).toMatchObject({ status: 0 });
  const found = (query: string) => {
    const { status, stdout } = temporal('workflow', 'list', '--query', query, '--output', 'json');
    return status === 0 ? (JSON.parse(stdout) as readonly { execution: { workflowId: string } }[]) : undefined;
  };
  // A server takes some seconds until all of it knows a new one.
  await until('the namespace is known', () => found('') !== undefined);

  await start('worker');
  const { api } = await start('api');
  const findings = await doctor();
  expect(findings.filter(({ verdict }) => verdict === 'problem' || verdict === 'unknown')).toEqual([]);
  expect(findings.length).toBeGreaterThan(3);
  const schedules = JSON.parse(temporal('schedule', 'list', '--output', 'json').stdout) as { scheduleId: string }[];
  expect(schedules.map(({ scheduleId }) => scheduleId.split('/').at(-1)).toSorted()).toEqual([
    ...['compute-watch', 'keys-expiry', 'sweep', 'workspace-watch'],
  ]);

  const { issuer } = dev.state();
  const headers = {
    authorization: `Bearer ${await requestToken(issuer, { user: 'alice@example.org', ttlSeconds: 3_600 })}`,
    'content-type': 'application/json',
  };
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${api}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, view: (await response.json()) as View };
  };
  const before = new Set((await inventory()).map(({ id }) => id));
  const made = async () =>
    (await inventory())
      .filter(({ id }) => !before.has(id) && !id.startsWith('my-eyrie-control/'))
      .map(({ type }) => type);
  const { status, view } = await ask('POST', '/v1/workspaces', { profile: 'nextflow' });
  expect(status).toBe(202);
  const at = `/v1/workspaces/${view.id}`;
  const look = async () => (await ask('GET', at)).view;
  await until('a part of it is there', async () => (await look()).steps.some(({ state }) => state === 'done'));
  expect(await look()).toMatchObject({ phase: 'launching' });
  await server.kill();
  await server.start();
  await expect.poll(look, PATIENCE).toMatchObject({ phase: 'running' });
  const running = "EyriePhase = 'running' AND EyrieEnvironment = 'brh-data-commons-org'";
  await expect
    .poll(() => found(running)?.map(({ execution }) => execution.workflowId))
    .toEqual(['workspace/brh-data-commons-org/alice-40example-2eorg']);
  expect(await made()).toContain('AWS::EC2::VPC');

  expect((await ask('POST', `${at}/terminate`, { mode: 'dispose' })).status).toBe(202);
  await expect.poll(look, PATIENCE).toMatchObject({ phase: 'disposed' });
  // What all workspaces of the account share stays.
  expect(await made()).toEqual([
    ...['AWS::IAM::InstanceProfile', 'AWS::IAM::Role', 'AWS::KMS::Alias', 'AWS::KMS::Key', 'AWS::S3::Bucket'],
  ]);
});

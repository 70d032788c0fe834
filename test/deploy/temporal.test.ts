/** A Temporal as in production, by Temporal's own variables: TLS, a certificate for the client, an API key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Finding } from '#doctor/finding.ts';
import { whyNoConnection } from '#doctor/temporal-connection.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { ROOT } from './buildah.ts';
import { type Certificates, certificatesIn, SERVER_NAME } from './certificates.ts';
import { type ProxyOptions, startProxy, type TemporalProxy } from './temporal-proxy.ts';

const API_KEY = 'key-of-the-test';
const NAMESPACE = 'default';

let dev: DevProcess;
let folder: string;
let certificates: Certificates;
/** The configuration of `eyrie dev` without where Temporal is. */
let config: string;

const read = (name: string): string => readFileSync(certificates.at(name), 'utf8');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'eyrie-temporal-'));
  certificates = certificatesIn(folder);
  for (const ca of ['ca', 'other-ca']) certificates.makeCa(ca);
  for (const name of ['server', 'client']) certificates.makeCertificate(name, 'ca');
  certificates.makeCertificate('stranger', 'other-ca');
  dev = await startDevProcess('--no-restart');
  const given = parse(readFileSync(dev.state().config, 'utf8'));
  config = join(folder, 'eyrie.yaml');
  writeFileSync(config, stringify({ ...given, temporal: {} }), { mode: 0o600 });
});

afterAll(async () => {
  await dev?.stop();
  rmSync(folder, { recursive: true });
});

const proxied = async (options: Partial<ProxyOptions>): Promise<TemporalProxy> => {
  const proxy = await startProxy({
    to: dev.state().temporal,
    cert: read('server.crt'),
    key: read('server.key'),
    ...options,
  });
  onTestFinished(() => proxy.stop());
  return proxy;
};

/** As a chart or a unit gives them. */
const variables = (proxy: TemporalProxy, more: Readonly<Record<string, string>>) => ({
  TEMPORAL_ADDRESS: proxy.address,
  TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.at('ca.crt'),
  ...more,
});

const clientOf = (name: string) => ({
  TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.at(`${name}.crt`),
  TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.at(`${name}.key`),
});

const start = (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const child = spawn(join(ROOT, 'bin/eyrie'), [...args, '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, log: () => log };
};

/** What the doctor says of Temporal. It does not block this process, which has the proxy in it. */
const doctor = async (env: Readonly<Record<string, string>>): Promise<readonly Finding[]> => {
  const { child } = start(['doctor'], env);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await once(child, 'close');
  const { findings } = JSON.parse(said) as { findings: readonly Finding[] };
  return findings.filter(({ area }) => area === 'temporal');
};

/** The line that it prints when it is ready. */
const ready = async (command: 'api' | 'worker', env: Readonly<Record<string, string>>) => {
  const { child, log } = start([command], env);
  const ended = once(child, 'exit');
  const line = new Promise<{ api: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text.startsWith('{"ready"')) resolve(JSON.parse(text) as { api: string });
    });
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${log()}`)));
  });
  return {
    ...(await line),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

/** A worker polls, the API is ready, and the doctor is content. */
const everythingWorks = async (env: Readonly<Record<string, string>>): Promise<void> => {
  const worker = await ready('worker', env);
  const { api, ...process } = await ready('api', env);
  expect((await fetch(`${api}/health/ready`)).status).toBe(200);
  const findings = await doctor(env);
  expect(findings.filter(({ verdict }) => verdict === 'problem' || verdict === 'unknown')).toEqual([]);
  await Promise.all([worker.stop(), process.stop()]);
};

const problem = async (env: Readonly<Record<string, string>>) => {
  const findings = await doctor(env);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ check: 'server', verdict: 'problem' });
  return `${findings[0]?.detail}\n${findings[0]?.todo}`;
};

test('each thing that can be wrong with TLS is told apart', async () => {
  const proxy = await proxied({ clientCa: read('ca.crt') });
  const why = async (env: Record<string, string>) => {
    const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: env, disableFile: true });
    const reason = await whyNoConnection(connectionOptions);
    return reason && `${reason.detail}\n${reason.todo}`;
  };
  const strangers = variables(proxy, clientOf('stranger'));
  expect(
    await why(
      variables(proxy, { ...clientOf('client'), TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.at('other-ca.crt') }),
    ),
  ).toMatch(/certificate in certificate chain\n.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/);
  expect(await why(variables(proxy, {}))).toMatch(/certificate required\nTEMPORAL_TLS_CLIENT_CERT_PATH/);
  expect(await why(strangers)).toMatch(/\nTEMPORAL_TLS_CLIENT_CERT_PATH/);
  expect(
    await why(variables(proxy, { ...clientOf('client'), TEMPORAL_TLS_SERVER_NAME: 'elsewhere.internal' })),
  ).toMatch(/elsewhere\.internal.*temporal\.internal\n.*TEMPORAL_TLS_SERVER_NAME/);
  expect(await why({ TEMPORAL_ADDRESS: proxy.address })).toMatch(/\n.*TEMPORAL_TLS=true/);
  expect(await why({ ...variables(proxy, {}), TEMPORAL_ADDRESS: dev.state().temporal })).toMatch(
    /\n.*TEMPORAL_TLS=false/,
  );
  expect(await why({ TEMPORAL_ADDRESS: '127.0.0.1:9' })).toMatch(/ECONNREFUSED.*\n.*TEMPORAL_ADDRESS/);
  expect(proxy.headers).toEqual([]);
  // Controls: with what it wants, nothing is in the way.
  expect(await why(variables(proxy, clientOf('client')))).toBeUndefined();
  expect(await why({ TEMPORAL_ADDRESS: dev.state().temporal })).toBeUndefined();
});

test('the doctor says which CA is not the right one', async () => {
  const proxy = await proxied({});
  const said = await problem(variables(proxy, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.at('other-ca.crt') }));
  expect(said).toMatch(/its certificate: .*\nname its CA in TEMPORAL_TLS_SERVER_CA_CERT_PATH/);
});

test('the API key goes with every call, and the name of the namespace', async () => {
  const proxy = await proxied({ apiKey: API_KEY, namespace: NAMESPACE });
  await everythingWorks(variables(proxy, { TEMPORAL_API_KEY: API_KEY }));
  expect(proxy.headers.length).toBeGreaterThan(0);
  expect(new Set(proxy.headers.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${API_KEY}`]));
});

test('a wrong API key is told by the doctor, and not repeated', async () => {
  const proxy = await proxied({ apiKey: API_KEY });
  const wrong = 'another-key';
  const said = await problem(variables(proxy, { TEMPORAL_API_KEY: wrong }));
  expect(said).toMatch(/with these credentials: .*\n.*TEMPORAL_API_KEY/);
  expect(said).not.toContain(wrong);
});

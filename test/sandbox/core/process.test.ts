import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type SandboxProcess, startSandboxProcess } from 'eyrie-sandbox/process';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Every process that descends from one, by `ps`. */
const descendantsOf = async (pid: number): Promise<number[]> => {
  const ps = spawn('ps', ['-A', '-o', 'pid=,ppid='], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of ps.stdout) chunks.push(chunk as Buffer);
  const pairs = Buffer.concat(chunks)
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(pid);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const httpsGet = (url: string, ca: Buffer, { method = 'GET', body = '' } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, method }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    outgoing.once('error', reject).end(body);
  });

let full: SandboxProcess;
beforeAll(async () => {
  full = await startSandboxProcess('--scale', '0');
});
afterAll(() => full.stop());

const mint = async (body: string, type: string): Promise<string> => {
  const response = await fetch(`${full.issuer}/token`, { method: 'POST', body, headers: { 'content-type': type } });
  return ((await response.json()) as { access_token: string }).access_token;
};

test('the one line names every endpoint, all on loopback, and each one answers', async () => {
  expect(full).toMatchObject({
    aws: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    temporalUi: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    pid: expect.any(Number),
  });
  for (const url of [
    `${full.aws}/_sandbox/health`,
    `${full.temporalUi}/`,
    `${full.issuer}/.well-known/openid-configuration`,
  ]) {
    expect((await fetch(url)).status, url).toBe(200);
  }
});

test('the issuer signs the claims that it is asked for, in JSON and as a form, with one key', async () => {
  const claims = { sub: 'anna', aud: 'eyrie', context: { user: { name: 'anna' } } };
  const json = JSON.stringify({ grant_type: 'client_credentials', claims, ttl: 60 });
  const form = new URLSearchParams({ grant_type: 'client_credentials', claims: JSON.stringify(claims), ttl: '60' });
  const keys = createRemoteJWKSet(new URL(`${full.issuer}/jwks`));
  const tokens = [await mint(json, 'application/json'), await mint(`${form}`, 'application/x-www-form-urlencoded')];
  for (const token of tokens) {
    const { payload } = await jwtVerify(token, keys, { issuer: full.issuer ?? '', audience: 'eyrie' });
    expect(payload).toMatchObject(claims);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  }
  const expired = await mint(
    JSON.stringify({ grant_type: 'client_credentials', claims, ttl: -60 }),
    'application/json',
  );
  await expect(jwtVerify(expired, keys)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
});

test('with a certificate, AWS and issuer answer over https, and a cut connection is still cut', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const sandbox = await startSandboxProcess('--no-temporal', '--tls-cert', cert, '--tls-key', key);
  try {
    expect([sandbox.aws, sandbox.issuer]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^https:/)]);
    const ca = readFileSync(cert);
    expect(await httpsGet(`${sandbox.issuer}/jwks`, ca)).toContain('"keys"');
    const faults = [{ service: '*', operation: '*', fault: 'reset' }];
    await httpsGet(`${sandbox.aws}/_sandbox/faults`, ca, { method: 'POST', body: JSON.stringify(faults) });
    const sts = new STSClient({
      endpoint: sandbox.aws,
      region: 'us-east-1',
      credentials: { accessKeyId: '111122223333', secretAccessKey: 'sandbox' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({ httpsAgent: new Agent({ ca }) }),
    });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({ Account: '111122223333' });
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true });
  }
});

test.each(['SIGTERM', 'SIGKILL'] as const)('after %s nothing of the sandbox is left', async (signal) => {
  const sandbox = await startSandboxProcess('--no-ui', '--no-issuer');
  const children = await descendantsOf(sandbox.pid);
  expect(children.length).toBeGreaterThanOrEqual(4); // moto and Temporal, each on its leash
  process.kill(sandbox.pid, signal);
  await sandbox.ended;
  await expect.poll(() => children.filter(isAlive), { timeout: 15_000 }).toEqual([]);
});

test('the sandbox ends with a failure when a server of it dies', async () => {
  const sandbox = await startSandboxProcess('--no-temporal', '--no-issuer');
  const children = await descendantsOf(sandbox.pid);
  process.kill(children.at(-1) ?? 0, 'SIGKILL');
  expect(await sandbox.ended).toBe(1);
});

test('the sandbox ends when its parent is killed', async () => {
  const source = `import { startSandboxProcess } from ${JSON.stringify(new URL('../../../sandbox/process.ts', import.meta.url).href)};
    const { pid } = await startSandboxProcess('--no-temporal', '--no-issuer');
    process.stdout.write(String(pid) + '\\n');
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  );
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
});

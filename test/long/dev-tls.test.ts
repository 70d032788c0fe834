/** `eyrie dev --tls`: everything over https, and whatever joins trusts it by the configuration alone. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findFreePort } from '#cli/dev/ports.ts';
import { trust } from '#config/trust.ts';
import { startDevProcess } from '../support/dev-process.ts';

const apiOf = (config: string): object => (parse(readFileSync(config, 'utf8')) as { api: object }).api;

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const statusOf = (url: string, ca: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { ca: readFileSync(ca) }, ({ statusCode }) => resolve(statusCode))
      .once('error', reject)
      .end();
  });

/** The address at which `eyrie api` says that it listens. */
const joinApi = async (config: string, env: Record<string, string>): Promise<string> => {
  const child = spawn(process.execPath, [MAIN, 'api', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void ended.then((code) => reject(new Error(`eyrie api ended with ${code}`)));
  });
  return (JSON.parse(line) as { api: string }).api;
};

test('everything is served over https, and an API that joins reaches it', async () => {
  const dev = await startDevProcess('--tls');
  onTestFinished(() => dev.stop());
  const { api, s3, aws, issuer, config, ca = '' } = dev.state();
  expect([api, s3, aws, issuer].map((url) => new URL(url).protocol)).toEqual(Array(4).fill('https:'));
  expect(await statusOf(`${api}/health/ready`, ca)).toBe(200);
  expect(await statusOf(`${aws}/_sandbox/health`, ca)).toBe(200);
  // A stranger to the CA is refused: it is that file which makes the difference.
  await expect(fetch(`${api}/health/live`)).rejects.toThrow();
  trust(ca);
  expect((await fetch(`${api}/health/live`)).status).toBe(200);

  const joined = await joinApi(config, {});
  expect(joined).not.toBe(api);
  // Ready: the control bucket answered over https.
  expect(await statusOf(`${joined}/health/ready`, ca)).toBe(200);

  // What clients call it has no part in where it listens.
  const publicUrl = 'https://eyrie.example.org';
  const renamed = `${config}.renamed.yaml`;
  writeFileSync(renamed, stringify({ ...parse(readFileSync(config, 'utf8')), api: { ...apiOf(config), publicUrl } }));
  const port = await findFreePort();
  expect(await joinApi(renamed, { EYRIE_API_PORT: String(port) })).toBe(publicUrl);
  expect(await statusOf(`https://127.0.0.1:${port}/health/ready`, ca)).toBe(200);
});

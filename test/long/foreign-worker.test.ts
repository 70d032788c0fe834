/** Workers of other installations on the same namespace, as processes: none of this one's tasks may reach them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { until } from '../support/workspace-runs.ts';

const WORKER = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));

/** One whose rights reach nothing, ready to poll. */
const startForeignWorker = async (config: string, changes: { environment: string; controlBucket: string }) => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-foreign-'));
  const own = parse(readFileSync(config, 'utf8')) as { aws: object };
  const { environment, controlBucket } = changes;
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'nobody' };
  const file = join(folder, 'config.yaml');
  writeFileSync(file, stringify({ ...own, environment, aws: { ...own.aws, controlBucket, credentials } }));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, '--config', file, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('the foreign worker ended')));
  });
};

test('workers of another environment, and of this one with another control bucket, take nothing away', async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const { config, controlBucket } = dev.state();
  await startForeignWorker(config, { environment: 'other.example.org', controlBucket: 'another-bucket' });
  await startForeignWorker(config, { environment: 'localhost', controlBucket: 'another-bucket' });
  await startForeignWorker(config, { environment: 'other.example.org', controlBucket });

  const users = Array.from({ length: 4 }, (_, nth) => `user${nth}`);
  for (const user of users) expect((await dev.call(user, 'POST', '/v1/workspaces', {})).status).toBe(202);
  for (const user of users) {
    const view = async () => (await dev.call(user, 'GET', `/v1/workspaces/localhost.${user}`)).json as WorkspaceView;
    await until('it is at rest', async () => (await view()).operation === null);
    expect(await view()).toMatchObject({ phase: 'running', error: null });
  }
});

/** The AWS CLI and the Java SDK (Nextflow's) with a workspace's token: they refresh by themselves. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startRefreshingApi } from '../../support/refreshing-api.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CLI = path('../../../.eyrie/s3-clients/bin/aws');
const JARS = path('../../../.eyrie/s3-java/dependency');

const run = (program: string, args: readonly string[], environment: Readonly<Record<string, string>>) =>
  promisify(execFile)(program, args, {
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    timeout: 300_000,
  });

test('the Java SDK works on past the end of its sessions', async () => {
  const api = await startRefreshingApi();
  onTestFinished(api.stop);
  const { stdout } = await run('java', ['-cp', `${JARS}/*`, path('Refresh.java'), api.url], api.environment);
  expect(stdout).toBe('done\n');
  expect(api.used.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(new Set(api.used.map(({ id }) => id)).size).toBe(3);
});

test('the AWS CLI finds a session each time', async () => {
  const api = await startRefreshingApi();
  onTestFinished(api.stop);
  for (const _ of [1, 2]) await run(CLI, ['--endpoint-url', api.url, 's3api', 'list-buckets'], api.environment);
  expect(api.used.map(({ ok }) => ok)).toEqual([true, true]);
  await api.revoke();
  await expect(run(CLI, ['--endpoint-url', api.url, 's3api', 'list-buckets'], api.environment)).rejects.toMatchObject({
    stderr: expect.stringContaining('was taken back'),
  });
});

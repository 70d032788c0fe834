/** boto3, with nothing but the two variables in its environment, works on when its session ends. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startRefreshingApi } from '../support/refreshing-api.ts';

const PYTHON = fileURLToPath(new URL('../../.eyrie/python/bin/python', import.meta.url));

/** Calls at its start, past the end of its first session, and past that of the next. */
const PROGRAM = `
import boto3, sys, time
s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1')
for pause in (0, 3.2, 3.2):
    time.sleep(pause)
    s3.list_buckets()
print('done')
`;

const run = (environment: Readonly<Record<string, string>>, url: string) =>
  promisify(execFile)(PYTHON, ['-c', PROGRAM, url], {
    env: { PATH: process.env.PATH, ...environment },
    timeout: 300_000,
  });

test('boto3 works on past the end of its sessions', async () => {
  const api = await startRefreshingApi();
  onTestFinished(api.stop);
  expect((await run(api.environment, api.url)).stdout).toBe('done\n');
  expect(api.used.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(new Set(api.used.map(({ id }) => id)).size).toBe(3);
});

test('boto3 says why it is refused, once the token was taken back', async () => {
  const api = await startRefreshingApi();
  onTestFinished(api.stop);
  await api.revoke();
  await expect(run(api.environment, api.url)).rejects.toMatchObject({
    stderr: expect.stringContaining('the token is none of this workspace, or was taken back'),
  });
  expect(api.used).toEqual([]);
});

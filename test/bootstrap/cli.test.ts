import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { stringify } from 'yaml';
import { examine } from '#doctor/run.ts';
import { eyrieWith } from '../cli/run-cli.ts';
import { type SandboxAccount, sandboxEndpoints } from '../support/sandbox.ts';
import { aConfig, anAccount, H, HOSTNAME } from './rig.ts';

const folder = (t: TestContext): string => {
  const made = mkdtempSync(join(tmpdir(), 'eyrie-bootstrap-'));
  t.onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

/** As an operator has it before anything is there: without sealing keys. */
const configFile = (t: TestContext, { id, region, endpoint }: SandboxAccount, aws: object = {}): string => {
  const file = join(folder(t), 'eyrie.yaml');
  const config = {
    environment: HOSTNAME,
    aws: { region, endpoint, controlBucket: `eyrie-control-${id}`, ...aws },
    auth: { issuer: 'https://login.example.org' },
    profiles: {},
  };
  writeFileSync(file, stringify(config));
  return file;
};

const withKeysOf = ({ credentials }: SandboxAccount) => ({
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

test('an operator sets an account up, and doctor finds nothing to mend in it', async (t) => {
  const account = await anAccount(t);
  const file = configFile(t, account);
  const trusted = `arn:aws:iam::${account.id}:root`;
  const key = join(folder(t), 'sealing.env');
  const args = ['bootstrap', '--config', file, '--apply', '--trust', trusted, '--sealing-key', key];
  const first = await eyrieWith(withKeysOf(account), ...args);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining(key) });
  expect(linesOf(first.stdout).every((line) => line.startsWith('made '))).toBe(true);
  const sealed = readFileSync(key, 'utf8');
  expect(sealed).toMatch(/^EYRIE_SEALING_KEYS=\d{4}-\d\d-\d\d:[\w+/]{43}=\n$/);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(first.stdout + first.stderr).not.toContain(sealed.slice(sealed.indexOf(':') + 1).trim());

  const second = await eyrieWith(withKeysOf(account), ...args, '--json');
  expect(linesOf(second.stdout).map((line) => JSON.parse(line).outcome)).toEqual(
    linesOf(first.stdout).map(() => 'unchanged'),
  );
  expect(readFileSync(key, 'utf8')).toBe(sealed);

  const { temporal: address } = await sandboxEndpoints();
  const config = aConfig(account, {
    aws: {
      credentials: account.credentials,
      assumeRole: { roleArn: `arn:aws:iam::${account.id}:role/eyrie-worker-${H}` },
    },
    more: { temporal: { address }, network: { egress: 'none' } },
  });
  const findings = (await examine(config)).filter(({ area }) => area === 'aws' || area === 'rights');
  // Batch makes its linked roles at the first launch.
  const asIs = findings.filter(({ check }) => !check.startsWith('role AWSServiceRole'));
  expect(asIs.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(asIs.length).toBeGreaterThan(12);
});

test('--print shows what --apply would make, and makes nothing', async (t) => {
  const account = await anAccount(t);
  const file = configFile(t, account, { accountId: account.id });
  const trust = ['--trust', 'ecs-tasks.amazonaws.com'];
  const shown = await eyrieWith({}, 'bootstrap', '--config', file, '--print', ...trust);
  expect(shown.code).toBe(0);
  expect(shown.stdout).not.toContain('{{');
  expect(shown.stdout).toContain(`## bucket eyrie-control-${account.id}`);
  const { stdout } = await eyrieWith({}, 'bootstrap', '--config', file, '--print', '--json', ...trust);
  const plan = JSON.parse(stdout);
  expect(plan.roles.map(({ name }: { name: string }) => name)).toEqual([`eyrie-worker-${H}`, `eyrie-api-${H}`]);
  expect(plan.roles[0].trust.Statement).toEqual([
    expect.objectContaining({ Principal: { Service: ['ecs-tasks.amazonaws.com'] } }),
  ]);
  expect(await account.journal()).toEqual([]);
});

test('credentials of another account make nothing', async (t) => {
  const [account, other] = [await anAccount(t), await anAccount(t)];
  const file = configFile(t, account, { accountId: account.id });
  const args = ['bootstrap', '--config', file, '--apply', '--trust', 'ecs-tasks.amazonaws.com'];
  const { code, stderr } = await eyrieWith(withKeysOf(other), ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(`these credentials are of account ${other.id}`);
  expect((await other.journal()).filter(({ mutating }) => mutating)).toEqual([]);
});

/** What the guides show to be typed, typed as it stands there, against one `eyrie dev`. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { rootOf } from '#cli/dev/account.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { blocksOf } from '../support/fences.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let dev: DevProcess;
let folder: string;

beforeAll(async () => {
  dev = await startDevProcess();
  folder = mkdtempSync(join(tmpdir(), 'eyrie-guides-'));
  // What is typed writes files, and the checkout is no place for them.
  for (const name of ['bin', 'package.json', 'sandbox']) symlinkSync(join(ROOT, name), join(folder, name));
});

afterAll(async () => {
  await dev?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `eyrie` is a command, and curl tells what it was answered. */
const SHELL = `eyrie() { bin/eyrie "$@"; }
curl() { command curl -sS -w '%{stderr}HTTP %{http_code}\\n' "$@"; }
`;

interface Typed {
  readonly stdout: string;
  readonly stderr: string;
  /** Of every call of curl, in their order. */
  readonly statuses: readonly string[];
}

const shell = async (script: string, env: Readonly<Record<string, string>> = {}): Promise<Typed> => {
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${SHELL}${script}`], {
    cwd: folder,
    env: { ...process.env, ...dev.env, ...env },
  }).catch((error: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`${script}\n${error.stdout}${error.stderr}`, { cause: error });
  });
  return { stdout, stderr, statuses: [...stderr.matchAll(/^HTTP (\d+)$/gm)].map(([, status = '']) => status) };
};

interface Guide {
  readonly page: string;
  /** Which of its blocks. */
  readonly blocks: RegExp;
  /** What stands for something of the reader's own. */
  readonly own: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

const type = async ({ page, blocks, own, env }: Guide): Promise<Typed> => {
  const found = blocksOf(page).filter((block) => blocks.test(block));
  expect(found, `blocks of ${page}`).not.toEqual([]);
  let script = found.join('\n');
  for (const [text, value] of Object.entries({ 'EYRIE/': `${dev.state().api}/`, ...own })) {
    // The address is not in each.
    if (text !== 'EYRIE/') expect(script, page).toContain(text);
    script = script.replaceAll(text, value);
  }
  return shell(script, env);
};

const tokenOf = async (...args: readonly string[]): Promise<string> =>
  (await shell(`bin/eyrie token ${args.join(' ')}`)).stdout.trim();

const user = () => tokenOf('--user', 'alice@example.org', '--sub', '42');

test('README: a launch by HTTP', async () => {
  const own = { 'http://127.0.0.1:8080': dev.state().api };
  const { stdout, statuses } = await type({ page: 'README.md', blocks: /curl/, own });
  expect(statuses).toEqual(['202']);
  expect(JSON.parse(stdout)).toMatchObject({ id: 'localhost.alice-40example-2eorg', phase: 'launching' });
});

test('credentials of a workspace: the key is rotated, and claimed', async () => {
  const ID = 'localhost.alice-40example-2eorg';
  await shell(`bin/eyrie watch ${ID}`);
  const { statuses } = await type({
    page: 'docs/how-to/credentials-of-a-workspace.md',
    blocks: /rotate/,
    own: {},
    env: { ID, API: dev.state().api, TOKEN: await user() },
  });
  expect(statuses).toEqual(['200']);
});

test('storage, its sessions, its keys, and their end', async () => {
  const TOKEN = await user();
  const env = { TOKEN };
  const storage = { page: 'docs/how-to/storage-for-users.md', env };
  expect((await type({ ...storage, blocks: /EYRIE\/storage\/setup/, own: {} })).statuses).toEqual(['200']);
  const first = await type({ ...storage, blocks: /mode=s3/, own: { 'GEN3_TOKEN=$TOKEN nextflow run hello': '' } });
  expect(first.statuses).toEqual(['200']);
  expect(readFileSync(join(folder, 'nextflow.config'), 'utf8')).toContain(`${dev.state().api}/s3`);

  const clients = 'docs/how-to/s3-clients.md';
  const sessions = await type({ page: clients, blocks: /EYRIE\/storage\/(setup|session)/, own: {}, env });
  expect(sessions.statuses).toEqual(['200', '201']);
  expect(sessions.stdout).toContain('"prefix":"results/run-7/"');

  const keys = { page: 'docs/how-to/keys-for-users.md', env: { TOKEN, OPERATOR: await tokenOf('--operator') } };
  const AKIA = (
    await shell(`curl -X POST -H "Authorization: Bearer $TOKEN" ${dev.state().api}/storage/credentials`, env)
  ).stdout;
  const { aws_key_id } = JSON.parse(AKIA) as { aws_key_id: string };
  const own = { 'credentials/AKIA…': `credentials/${aws_key_id}` };
  expect((await type({ ...keys, blocks: /X DELETE/, own })).statuses).toEqual(['201', '200', '204']);
  // No task has been given one of the bot's here.
  const holder = { 'eyrie-example-org.42-bot': 'localhost.42' };
  expect((await type({ ...keys, blocks: /OPERATOR/, own: holder })).statuses).toEqual(['200']);
  const gone = { ...holder, 'bin/eyrie keys remove eyrie-example-org.42 ': 'bin/eyrie keys list ' };
  expect((await type({ ...keys, blocks: /keys remove/, own: gone })).stdout).toContain('localhost.42');

  const mine = await type({
    ...storage,
    blocks: /eyrie storage info/,
    own: {
      'eyrie-example-org': 'localhost',
      // These are an operator's.
      'bin/eyrie storage revoke': 'unset EYRIE_TOKEN; bin/eyrie storage revoke',
      // Nothing of it has failed.
      'bin/eyrie storage retry': ': bin/eyrie storage retry',
    },
    env: { EYRIE_TOKEN: TOKEN },
  });
  expect(mine.stdout).toContain('gen3wf-localhost-42');
  expect(mine.stderr).toContain('deleted');
  expect((await type({ ...storage, blocks: /EYRIE\/storage\/setup/, own: {} })).statuses).toEqual(['200']);
  const emptied = await type({ ...storage, blocks: /X DELETE/, own: {} });
  expect(emptied.statuses[0]).toBe('204');
  expect(emptied.statuses[1]).toMatch(/^20[24]$/);
});

test('a compute environment, from its plan to its end', async () => {
  const { aws: endpoint, account, region } = dev.state();
  const page = 'docs/how-to/compute-environments.md';
  const s3 = new S3Client({ endpoint, region, credentials: rootOf(account), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'my-bucket' }));
  const [, file = ''] =
    /^```yaml\n(# genomes\.yaml\n[\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, page), 'utf8')) ?? [];
  writeFileSync(join(folder, 'genomes.yaml'), file);
  await type({ page, blocks: /compute plan/, own: { ' ID ': ' genomes ' } });
  expect(readFileSync(join(folder, 'nextflow.config'), 'utf8')).toContain('awsbatch');
  const changed = await type({ page, blocks: /compute update/, own: { 'update ID': 'update genomes' } });
  expect(changed.stdout).toContain('AVAILABLE');
  writeFileSync(join(folder, 'genomes.json'), JSON.stringify({ ...parse(file), name: 'by-http' }));
  const TOKEN = await tokenOf('--operator');
  expect((await type({ page, blocks: /genomes\.json/, own: {}, env: { TOKEN } })).statuses).toEqual(['202']);
  // The others are for what has failed, or still runs.
  const own = { 'eyrie compute dispose ID --': ': ', 'dispose ID ': 'dispose genomes ' };
  expect((await type({ page, blocks: /compute dispose/, own })).stderr).toContain(' deleted');
});

test('a sweep finds nothing that is left over', async () => {
  const { stdout } = await type({
    page: 'docs/operations/sweep.md',
    blocks: /eyrie sweep/,
    own: { 111122223333: dev.state().account },
  });
  expect(stdout.match(/nothing is left over/g)).toHaveLength(4);
});

test('a fault is rehearsed', async () => {
  const own = { 'http://127.0.0.1:4566': dev.state().aws };
  const { statuses } = await type({ page: 'docs/operations/operations.md', blocks: /_sandbox\/faults/, own });
  expect(statuses).toEqual(['201']);
});

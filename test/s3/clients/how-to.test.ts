/** The how-to "Launch a workspace", block by block as it is written, up to a pipeline that a real Nextflow runs. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startDevProcess } from '../../support/dev-process.ts';
import { installNextflow } from './nextflow/install.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The blocks to be typed, in their order. */
const blocksOf = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

/** The greeting goes to the workspace's bucket and comes back, by the key that stands in the environment. */
const HELLO = `
process greet {
    input:
    val name

    output:
    path 'greeting'

    script:
    def client = session.config.aws.client
    def s3 = "aws --endpoint-url \${client.endpoint} s3 cp --only-show-errors"
    def place = (file("$launchDir/nextflow.config").text =~ /workDir = '(.+)'/)[0][1] + "/greetings/$name"
    """
    echo "Hello $name" > sent
    \${s3} sent \${place} --sse aws:kms --sse-kms-key-id \${client.storageKmsKeyId}
    \${s3} \${place} greeting
    """
}

workflow {
    greet(Channel.of('alice', 'bob')).map { it.text.trim() }.view()
}
`;

test('every block does what the page says', async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const folder = mkdtempSync(join(tmpdir(), 'how-to-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // What is typed writes files, and the checkout is no place for them.
  for (const name of ['bin', 'package.json', 'sandbox']) symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, 'hello'));
  writeFileSync(join(folder, 'hello/main.nf'), HELLO);
  const tools = installNextflow(join(folder, 'tools'), 'nf-amazon@2.15.0');

  const [start = '', ...rest] = blocksOf('docs/how-to/launch-a-workspace.md');
  expect(start).toBe('npm run --silent eyrie -- dev\n');
  const script = rest
    .join('\n')
    .replace('http://127.0.0.1:8080', dev.state().api)
    // The sandbox has no machines: below it stands what is typed there.
    .replace(/^nextflow run hello$/m, '');
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: {
      ...tools.env,
      ...dev.env,
      HOME: folder,
      PATH: [tools.bin, join(ROOT, '.eyrie/s3-clients/bin'), process.env.PATH].join(':'),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    },
  }).catch((error: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`a block fails:\n${error.stdout}${error.stderr}`, { cause: error });
  });
  const id = 'localhost.test-40example-2ecom';
  expect(stdout).toContain(`workspace ${id} in account`);
  expect(stderr).toContain(`${id} launching`);
  expect(stderr).toContain(`next:\n  eval "$(npm run --silent eyrie -- credentials ${id})"`);
  // The key was claimed by the command line, so HTTP has none to give any more.
  expect(stdout).toContain('"code":"AlreadyClaimed"');
  expect(readFileSync(join(folder, 'nextflow.config'), 'utf8')).toContain(`aws.client.endpoint = '${dev.state().aws}'`);
  expect(stdout).toMatch(/^Hello alice$/m);
  expect(stdout).toMatch(/^Hello bob$/m);
  expect(stderr).toContain(`${id} parked`);
  expect(stderr).toContain(`${id} disposed`);
});

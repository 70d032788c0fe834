/**
 * `npm run demo`: the main job, start to end, on this machine. A request as Hatchery sends it becomes a workspace in the
 * local AWS sandbox; its key works; a launch that fails leaves nothing; a disposed workspace leaves nothing.
 * `-- --once` exits when done, else everything stays up.
 */
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { createApiClient } from '../src/cli/api-client.ts';
import { WORKSPACE } from '../src/cli/render-workspace.ts';
import { requestToken } from '../src/cli/token.ts';
import { waitForEnd } from '../src/cli/wait.ts';
import type { WorkspaceView } from '../src/domain/workspace/view.ts';
import { type Dev, startDev } from './demo/dev.ts';
import { proveKey } from './demo/prove-key.ts';
import { admin, countByType, inventoryOf, seedPipeline } from './demo/sandbox.ts';

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
/** Bold on a terminal only. */
const head = (text: string): void => say(`\n${styleText('bold', `── ${text}`, { stream: process.stdout })}`);

const ALICE = 'alice@example.org';
const BOB = 'bob@example.org';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const readHatcheryConfig = () => {
  const config = JSON.parse(readFileSync(new URL('demo/hatchery.json', import.meta.url), 'utf8')) as {
    'nextflow-global': object;
    containers: { nextflow: { 'instance-ami-builder-arn': string } }[];
  };
  const nextflow = config.containers[0]?.nextflow;
  if (!nextflow) throw new Error('the demo’s Hatchery configuration has no nextflow block');
  return { nextflow, nextflowGlobal: config['nextflow-global'] };
};

const demo = async (dev: Dev): Promise<void> => {
  const { nextflow, nextflowGlobal } = readHatcheryConfig();
  await seedPipeline(dev, nextflow['instance-ami-builder-arn']);
  const hatchery = createApiClient(dev.api, await requestToken(dev.issuer, { client: 'hatchery' }));
  const operator = createApiClient(dev.api, await requestToken(dev.issuer, { operator: true }));
  const launch = (user: string) =>
    hatchery.call<WorkspaceView>('POST', '/hatchery/launch', { user, nextflow, nextflowGlobal });

  head(`Hatchery launches a workspace for ${ALICE}`);
  const asked = await launch(ALICE);
  say(
    `watch it in the Temporal UI: ${dev.temporalUi}/namespaces/default/workflows/${encodeURIComponent(asked.operation?.workflowId ?? '')}`,
  );
  const running = await waitForEnd(operator, WORKSPACE, { id: asked.id, json: false });
  if (running.phase !== 'running') throw new Error(`the launch ended as ${running.phase}: ${running.error?.detail}`);
  say(`${running.id} is running, with ${running.resources.length} resources`);

  head('Hatchery asks again and is given the key, once');
  const key = (await hatchery.call('POST', '/hatchery/launch', { user: ALICE, nextflow, nextflowGlobal })) as Key;
  say(`access key ${key.accessKeyId}`);
  for (const line of await proveKey(dev, running, key)) say(`  ${line}`);

  head('The Nextflow configuration');
  say(await operator.text(`/v1/workspaces/${encodeURIComponent(running.id)}/nextflow.config`));

  head(`A launch for ${BOB} that AWS refuses half-way`);
  const before = await inventoryOf(dev);
  await admin(dev, 'POST', 'faults', [{ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'denied' }]);
  const refused = await launch(BOB);
  const failed = await waitForEnd(operator, WORKSPACE, { id: refused.id, json: false });
  await admin(dev, 'DELETE', 'faults');
  const left = (await inventoryOf(dev)).length - before.length;
  say(`${failed.id} is ${failed.phase}: ${failed.error?.code} at ${failed.error?.step}`);
  if (failed.phase !== 'failed' || left !== 0) throw new Error(`${left} resources were left behind`);
  say('nothing of it is left in the account');

  head(`The workspace of ${ALICE} is disposed of`);
  await operator.call('POST', `/v1/workspaces/${encodeURIComponent(running.id)}/terminate`, { mode: 'dispose' });
  const disposed = await waitForEnd(operator, WORKSPACE, { id: running.id, json: false });
  if (disposed.phase !== 'disposed') throw new Error(`it ended as ${disposed.phase}: ${disposed.error?.detail}`);
  say(
    'what the account still holds: Eyrie’s own user and roles, what all workspaces share, and what her key made (a job definition, an object):',
  );
  for (const line of countByType(await inventoryOf(dev))) say(`  ${line}`);
};

const once = process.argv.includes('--once');
say('starting the sandbox, a Temporal server, a worker and the API …');
const dev = await startDev();
let failed = false;
try {
  say(`API          ${dev.api}   (reference: ${dev.api}/docs)`);
  say(`Temporal UI  ${dev.temporalUi}`);
  say(`AWS sandbox  ${dev.aws}`);
  await demo(dev);
  head('Done');
} catch (error) {
  failed = true;
  process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
}
if (!once && !failed) {
  say(`API ${dev.api}/docs, Temporal UI ${dev.temporalUi}. Try:`);
  say('  npm run --silent eyrie -- launch --profile nextflow --user carol@example.org');
  say('  npm run --silent eyrie -- list');
  say('Ctrl-C stops everything.');
  await dev.ended;
}
await dev.stop();
process.exit(failed ? 1 : 0);

/**
 * How long a first launch takes, against its own longest dependency chain and against the same steps one after another:
 *
 *     npm run bench:launch -- --scale 0.25 --rounds 3
 *
 * Starts a sandbox of its own with AWS-like delays times the scale, and takes a fresh account for each launch. Ends with
 * code 1 where the median ratio or the history is over its bound.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { startSandboxProcess } from 'eyrie-sandbox/process';
import { DEFAULT_TIMING, scaleTiming } from '#domain/core/timing.ts';
import { type Graph, readGraph } from './graph.ts';
import { EVENTS_MAX, measure, RATIO_MAX, type Round, ratioOf, renderReport } from './report.ts';
import { openWorld, type Run, type Site } from './world.ts';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '0.25' }, rounds: { type: 'string', default: '3' } },
});
const scale = Number(values.scale);
const count = Number(values.rounds);
if (!(scale > 0) || !Number.isInteger(count) || count < 1) {
  process.stderr.write('--scale takes a number over 0, --rounds a whole number from 1\n');
  process.exit(2);
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const stepByStep = async (site: Site): Promise<Run> => {
  const world = await openWorld(site);
  try {
    return await world.run('launchStepByStep');
  } finally {
    await world.close();
  }
};

const launchTwice = async (site: Site): Promise<{ launch: Run; relaunch: Run; graph: Graph }> => {
  const world = await openWorld(site);
  try {
    const launch = await world.run('launchWorkspace');
    const relaunch = await world.run('launchWorkspace', { ...world.input, launchId: randomUUID() });
    return { launch, relaunch, graph: await readGraph(world.input) };
  } finally {
    await world.close();
  }
};

/** Which of the two goes first changes from round to round. */
const takeRound = async (site: Site, index: number): Promise<Round & { graph: Graph }> => {
  const early = index % 2 === 1 ? await stepByStep(site) : undefined;
  const launches = await launchTwice(site);
  const round = { ...launches, stepByStep: early ?? (await stepByStep(site)) };
  const [parallel, serial] = [round.launch, round.stepByStep].map(({ wallMs }) => Math.round(wallMs));
  say(`round ${index + 1}: launch ${parallel} ms, step by step ${serial} ms`);
  return round;
};

/** The sandbox loads a service's code at its first call: what that takes is no part of a launch. */
const warmUp = async (site: Site): Promise<void> => {
  const world = await openWorld({ ...site, timing: scaleTiming(DEFAULT_TIMING, 0) }, 0);
  try {
    await world.run('launchWorkspace');
  } finally {
    await world.close();
  }
};

const bench = async (site: Site): Promise<boolean> => {
  await warmUp(site);
  const rounds: (Round & { graph: Graph })[] = [];
  for (let index = 0; index < count; index += 1) rounds.push(await takeRound(site, index));
  const graph = rounds[0]?.graph ?? new Map();
  process.stdout.write(`${renderReport(rounds, graph, scale)}\n`);
  const ratios = rounds.map(({ launch }) => ratioOf(measure(launch, graph))).toSorted((one, other) => one - other);
  const ratio = ratios[Math.floor((ratios.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  const events = Math.max(...rounds.map(({ launch }) => launch.events.length));
  if (ratio > RATIO_MAX) say(`launch / chain is ${ratio.toFixed(3)}, over ${RATIO_MAX}`);
  if (events > EVENTS_MAX) say(`a history has ${events} events, over ${EVENTS_MAX}`);
  return ratio <= RATIO_MAX && events <= EVENTS_MAX;
};

const logger = new DefaultLogger('ERROR');
// Without handlers of its own a signal ends the bench at once, and the sandbox ends with its parent.
Runtime.install({ logger, shutdownSignals: [] });
const sandbox = await startSandboxProcess('--scale', String(scale), '--no-ui', '--no-issuer');
try {
  const address = sandbox.temporal ?? '';
  const [connection, native, workflowBundle] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
    bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)), logger }),
  ]);
  const timing = scaleTiming(DEFAULT_TIMING, scale);
  const site: Site = { aws: sandbox.aws, client: new Client({ connection }), native, workflowBundle, timing };
  process.exitCode = (await bench(site)) ? 0 : 1;
  await native.close();
  await connection.close();
} finally {
  await sandbox.stop();
}

/** `eyrie dev`: the sandbox, an account made ready in it, a configuration, a worker and an API. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '#config/config-error.ts';
import { renderUnused } from '#config/hatchery-file.ts';
import { trust } from '#config/trust.ts';
import { shellWord } from '#domain/core/commands.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { note, print, printJson } from '../output.ts';
import { typed } from '../typed.ts';
import { prepareAccount } from './account.ts';
import { makeCertificate } from './certificate.ts';
import { type DevS3Options, type DevTesOptions, readOverrides, writeDevConfig } from './config-file.ts';
import { readHatchery } from './hatchery.ts';
import { seedImages } from './images.ts';
import { hireJanitor } from './janitor.ts';
import { anyPorts, choosePorts, findFreePort, type Ports, requireFreePorts, type WantedPorts } from './ports.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { type DevState, devStateFile, findRunningDev, removeDevState, writeDevState } from './state.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

export interface DevOptions extends DevS3Options, DevTesOptions {
  /** 0 is any free one; undefined: the usual one where it is free. */
  readonly apiPort?: number;
  readonly awsPort?: number;
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly issuerPort?: number;
  readonly scale: number;
  readonly dbFile?: string;
  readonly config?: string;
  readonly hatcheryConfig?: string;
  readonly tls?: boolean;
  readonly restart: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Runs until SIGTERM or SIGINT, or until the sandbox dies. */
export const runDev = async (options: DevOptions): Promise<void> => {
  const home = join(tmpdir(), `eyrie-dev-${randomUUID()}`);
  hireJanitor(home, devStateFile());
  mkdirSync(home, { mode: 0o700 });
  const supervisor = createSupervisor({
    restart: options.restart,
    temporary: home,
    logs: options.verbose || options.json ? undefined : home,
    note,
  });
  let stopping: Promise<void> | undefined;
  const stopAll = async (code: number): Promise<void> => {
    await supervisor.stop();
    removeDevState(process.pid);
    rmSync(home, { recursive: true, force: true });
    process.exit(code);
  };
  /** Whoever asks first says how it ends: what fails because all is being stopped is no failure. */
  const stop = (code: number): Promise<void> => {
    stopping ??= stopAll(code);
    return stopping;
  };
  // Listened to until the end: a second signal must not cut short what the first one began.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  try {
    await start(options, home, supervisor, () => void stop(1));
  } catch (error) {
    if (!stopping) note(`eyrie: ${error instanceof Error ? error.message : String(error)}`);
    await stop(codeOf(error));
  }
};

const codeOf = (error: unknown): ExitCode => {
  if (error instanceof CliError) return error.exitCode;
  return error instanceof ConfigError ? EXIT.usage : EXIT.internal;
};

const start = async (
  options: DevOptions,
  home: string,
  supervisor: Supervisor,
  onSandboxEnd: () => void,
): Promise<void> => {
  // First: nobody should wait for a sandbox only to hear of a file that is not there, or a port that is taken.
  const overrides = readOverrides(options.config);
  const hatchery = readHatchery(options.hatcheryConfig, overrides);
  await requireFreePorts({
    '--api-port': options.apiPort,
    '--aws-port': options.awsPort,
    '--temporal-port': options.temporalPort,
    '--ui-port': options.uiPort,
    '--issuer-port': options.issuerPort,
    '--s3-root-port': options.s3RootPort,
  });
  const other = await findRunningDev();
  if (other)
    note(
      `another runs already: its API is at ${other.api}, its process is ${other.pid}; commands go on finding that one`,
    );
  const stateFile = other ? join(home, 'dev.json') : devStateFile();
  const certificate = options.tls ? makeCertificate(home) : undefined;
  if (certificate) trust(certificate.ca);
  const wanted = wantedPorts(options);
  const choose = (say: (line: string) => void) => choosePorts(wanted, [options.s3RootPort], say);
  const begin = (ports: Ports) => startSandbox(supervisor, { ...options, ports, certificate }, onSandboxEnd);
  note('starting the sandbox: AWS, Temporal, token issuer');
  let ports = await choose(note);
  const sandbox = await begin(ports).catch(async (error: unknown): Promise<Sandbox> => {
    // Another one that starts at the same moment has taken a port since, and may take the others any moment.
    if (isDeepStrictEqual(await choose(() => undefined), ports)) throw error;
    note('one of these ports was taken meanwhile: those that were not asked for are any free ones');
    ports = anyPorts(wanted);
    return begin(ports);
  });
  note('preparing an account in it: roles, control bucket, machine images');
  const account = await prepareAccount(sandbox.aws);
  const { file, config } = writeDevConfig(home, {
    sandbox,
    account,
    apiPort: ports.api || (await findFreePort()),
    scale: options.scale,
    certificate,
    tes: options,
    s3: { ...options, ...(options.s3RootPort === 0 && { s3RootPort: await findFreePort() }) },
    hatchery,
    overrides,
  });
  await seedImages(sandbox.aws, account, config);
  const unused = renderUnused(config);
  if (unused !== undefined) note(unused);
  note('starting a worker and an API');
  const [worker, api] = await Promise.all([
    supervisor.start('worker', 'worker.ts', file),
    supervisor.start('api', 'api/server.ts', file),
  ]);

  const state = (): DevState => ({
    api: api.ready().api ?? '',
    s3: api.ready().s3 ?? '',
    s3Root: api.ready().s3Root ?? null,
    aws: sandbox.aws,
    temporal: sandbox.temporal,
    temporalUi: sandbox.temporalUi,
    issuer: sandbox.issuer,
    account: account.id,
    region: account.region,
    controlBucket: account.controlBucket,
    config: file,
    pid: process.pid,
    apiPid: api.ready().pid,
    workerPid: worker.ready().pid,
    ...(certificate && { ca: certificate.ca }),
  });
  const announce = (): void => {
    writeDevState(stateFile, state());
    if (options.json) printJson(state());
  };
  announce();
  if (!options.json) print(renderReady(state(), home, other ? stateFile : undefined));
  supervisor.onRestart((name) => {
    announce();
    if (!options.json) note(`${name} was started again`);
  });
};

const wantedPorts = ({ apiPort, awsPort, temporalPort, uiPort, issuerPort }: DevOptions): WantedPorts => ({
  api: apiPort,
  aws: awsPort,
  temporal: temporalPort,
  ui: uiPort,
  issuer: issuerPort,
});

const NEXT = [
  'eyrie launch --user alice@example.org --profile nextflow   # a workspace, step by step',
  'eyrie list                                                 # what there is',
  'eyrie doctor                                               # is everything as it should be?',
];

/** @param own the file that commands are to be told of, where they would find another one */
const renderReady = (state: DevState, home: string, own: string | undefined): string =>
  [
    'Eyrie is ready.',
    '',
    `  API            ${state.api}   (reference: ${state.api}/docs)`,
    `  S3             ${state.s3}${state.s3Root ? `, at the root: ${state.s3Root}` : ''}`,
    `  Temporal UI    ${state.temporalUi}`,
    `  AWS sandbox    ${state.aws}   (account ${state.account}, ${state.region})`,
    `  token issuer   ${state.issuer}`,
    `  configuration  ${state.config}`,
    `  logs           ${home}`,
    '',
    'Ctrl-C stops everything. In another terminal:',
    '',
    ...(own === undefined ? [] : [`  export EYRIE_DEV_STATE=${shellWord(own)}   # commands find this one`]),
    ...NEXT.map((command) => `  ${typed(command)}`),
  ].join('\n');

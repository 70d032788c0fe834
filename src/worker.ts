/**
 * The worker: runs workflows and activities. `node src/worker.ts --config FILE [--json]`. With `--json` it prints one
 * line when it polls. SIGTERM lets running activities finish, then stops.
 */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { requireClaim } from '#activities/account/environment-claim.ts';
import { createArboristAdmin } from '#activities/arborist/client.ts';
import { createActivities } from '#activities/index.ts';
import { readVersion } from '#api/version.ts';
import { createGovernor } from '#aws/governor.ts';
import { createOwnAws, homeAccount } from '#aws/own.ts';
import { ConfigError } from '#config/config-error.ts';
import { installationOf, timingOf } from '#config/derived.ts';
import { renderUnused } from '#config/hatchery-file.ts';
import { loadConfig } from '#config/load.ts';
import { schedulesOf } from '#config/schedules.ts';
import type { Config } from '#config/schema.ts';
import { trust } from '#config/trust.ts';
import { writeRatesOf } from '#config/writes.ts';
import { createControl } from '#control/control.ts';
import { errorText } from '#domain/core/error-text.ts';
import { codeOf } from '#domain/core/failures.ts';
import { deploymentOf, type Installation, renderIdentity, taskQueueOf } from '#domain/core/installation.ts';
import { createLogger, type Logger } from '#observability/logger.ts';
import { watchStrayErrors } from '#observability/stray-errors.ts';
import { freePort, openWorkerDoor } from '#observability/worker-door.ts';
import { createWorkerMetrics, temporalMetrics } from '#observability/worker-metrics.ts';
import { beatingInterceptor } from '#temporal/activity-interceptor.ts';
import { VERSIONED_WORKFLOWS, WORKFLOWS } from '#temporal/bundle-guard.ts';
import { createTemporalClient, resolveTemporal } from '#temporal/client.ts';
import { countingInterceptor } from '#temporal/counting-interceptor.ts';
import { DATA_CONVERTER } from '#temporal/data-converter.ts';
import { environmentGuard } from '#temporal/environment-guard.ts';
import { keptBundle } from '#temporal/kept-bundle.ts';
import { temporalLogger } from '#temporal/logger.ts';
import { convergeSchedules } from '#temporal/schedules.ts';
import { ensureSearchAttributes } from '#temporal/search-attributes.ts';

/**
 * Longer than an activity may take, so that a stop cuts none off; those that may take longer hear of it at once. What is
 * still under way then is cancelled, and after the second time given up: its next attempt, at another worker, looks first.
 */
const SHUTDOWN_GRACE_MS = 35_000;
const SHUTDOWN_FORCE_MS = 50_000;

/** What an activity tells of its progress reaches Temporal within this: no more of it is lost with a worker. */
const TOLD_WITHIN_MS = 1_000;

/** Exit code 2: the configuration is unusable, and restarting won't help. */
const UNUSABLE_CONFIG = 2;

const connect = async (
  config: Config,
  logger: Logger,
): Promise<{ connection: NativeConnection; namespace: string }> => {
  const { connectionOptions, namespace } = resolveTemporal(config.temporal);
  logger.info({ namespace }, 'connecting to Temporal');
  const connection = await NativeConnection.connect(connectionOptions).catch((cause: unknown) => {
    throw new Error('Temporal does not answer (`eyrie doctor` tells why)', { cause });
  });
  return { connection, namespace };
};

/** What runs for long says itself that it moves to newer builds. */
const versioningOf = (
  { worker: { buildId } }: Pick<Config, 'worker'>,
  installation: Installation,
): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  buildId === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          version: { deploymentName: deploymentOf(installation), buildId },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'PINNED',
        },
      };

const runWorker = async (config: Config, json: boolean): Promise<void> => {
  const logger = createLogger({ name: 'eyrie-worker', level: config.logLevel });
  watchStrayErrors({ log: logger });
  const unused = renderUnused(config);
  if (unused !== undefined) logger.info(unused);
  const scrape = config.worker.metricsPort === undefined ? undefined : await freePort();
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    ...(scrape !== undefined && { telemetryOptions: temporalMetrics(scrape) }),
  });
  const metrics = createWorkerMetrics();
  const aws = createOwnAws(config.aws, { governor: createGovernor(writeRatesOf(config)), onCall: metrics.awsCall });
  const control = createControl({
    s3: aws.s3(homeAccount(config.aws)),
    bucket: config.aws.controlBucket,
    sealingKeys: config.sealingKeys,
  });
  const [{ connection, namespace }, { code }] = await Promise.all([
    connect(config, logger),
    keptBundle(config.worker.buildId === undefined ? WORKFLOWS : VERSIONED_WORKFLOWS),
  ]);
  await ensureSearchAttributes({
    operator: connection.operatorService,
    namespace,
    warn: (message) => logger.warn(message),
  });
  const installation = installationOf(config);
  const temporal = createTemporalClient(config.temporal);
  const schedules = await convergeSchedules(schedulesOf(config), { schedules: temporal.schedule, installation });
  logger.info(schedules, 'schedules are as configured');
  // Said at once, and not by the first launch alone.
  await requireClaim(
    { aws, control, timing: timingOf(config) },
    homeAccount(config.aws),
    installation.environment,
  ).catch((error: unknown) => logger.error({ code: codeOf(error) }, errorText(error)));
  const guard = environmentGuard(installation.environment);
  const worker: Worker = await Worker.create({
    connection,
    namespace,
    taskQueue: taskQueueOf(installation),
    identity: renderIdentity(installation, { version: readVersion().version, pid: process.pid, host: hostname() }),
    workflowBundle: { code },
    ...versioningOf(config, installation),
    activities: createActivities({
      aws,
      control,
      timing: timingOf(config),
      temporal,
      isStopping: () => worker.getState() !== 'RUNNING',
      slotsCounted: metrics.slotsCounted,
      ...(config.s3.arboristUrl !== undefined && { arborist: createArboristAdmin(config.s3.arboristUrl) }),
    }),
    dataConverter: DATA_CONVERTER,
    interceptors: {
      activity: [
        (context) => ({ inbound: beatingInterceptor(context) }),
        (context) => ({ inbound: countingInterceptor(context, metrics) }),
        (context) => ({ inbound: guard(context) }),
      ],
    },
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_FORCE_MS,
    maxHeartbeatThrottleInterval: TOLD_WITHIN_MS,
  });
  const door = await openWorkerDoor(config.worker, {
    metrics,
    scrape,
    isPolling: () => worker.getState() === 'RUNNING',
  });
  if (door) logger.info({ url: door.url }, 'metrics and health are served');
  const running = worker.run();
  if (json) process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
  await running;
  door?.close();
  await connection.close();
};

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'hatchery-config': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
try {
  const config = loadConfig(values.config, undefined, values['hatchery-config']);
  if (config.caFile !== undefined) trust(config.caFile);
  await runWorker(config, values.json);
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : errorText(error)}\n`);
  process.exit(error instanceof ConfigError ? UNUSABLE_CONFIG : 1);
}

/**
 * The API: JSON routes by Hono, `/s3` on the raw Node request. `node src/api/server.ts --config FILE [--json]`.
 * With `--json` it prints one line when it listens.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createOwnAws, homeAccount, ownCredentials } from '#aws/own.ts';
import { ConfigError } from '#config/config-error.ts';
import {
  installationOf,
  profileAuthzOf,
  refreshingOf,
  settingsOf,
  storageSettingsOf,
  timingOf,
  tokenTrustOf,
} from '#config/derived.ts';
import { renderUnused } from '#config/hatchery-file.ts';
import { loadConfig } from '#config/load.ts';
import type { Config } from '#config/schema.ts';
import { sweepSettingsOf } from '#config/sweep.ts';
import { trust } from '#config/trust.ts';
import { createControl } from '#control/control.ts';
import { errorText } from '#domain/core/error-text.ts';
import { environmentOf } from '#domain/core/escaping.ts';
import { taskQueueOf } from '#domain/core/installation.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { createIssuerKeys } from '#identity/issuer-keys.ts';
import { createSteadyClock } from '#identity/steady-clock.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createAuditLog } from '#observability/audit-log.ts';
import { createLogger } from '#observability/logger.ts';
import { createMetrics } from '#observability/metrics.ts';
import { watchStrayErrors } from '#observability/stray-errors.ts';
import { dropGarbageOfStart } from '#s3/gc-pressure.ts';
import { mountS3, S3_SERVER_OPTIONS } from '#s3/mount.ts';
import { collectMetrics, runProcesses, type Served, shareMetrics } from '#s3/processes.ts';
import { createTemporalClient } from '#temporal/client.ts';
import { createOperations } from '#temporal/operations.ts';
import { createAskQuota } from '#temporal/quota-verdict.ts';
import { runningOperations } from '#temporal/running-operations.ts';
import { createScheduleControl } from '#temporal/schedule-control.ts';
import { createSweepControl } from '#temporal/sweeps.ts';
import { createApp } from './app.ts';
import { createAuthenticate } from './authenticate.ts';
import { createResolveAccount } from './compute/accounts.ts';
import { createComputeEnvironments } from './compute/compute-environments.ts';
import { mountDoors, S3_PREFIX } from './doors.ts';
import { createKeys } from './keys/create.ts';
import { createLeaving } from './leaving.ts';
import { createBareServer, jsonListener, listen } from './listener.ts';
import { createOwnAccount } from './own-account.ts';
import { createReadiness } from './readiness.ts';
import { createIdentify } from './routes/tes/deps.ts';
import { track } from './stop-server.ts';
import { createStorage } from './storage.ts';
import { sweepClaims } from './sweep-claims.ts';
import { createSweeps } from './sweeps.ts';
import { buildTes } from './tes.ts';
import { createBucketExists } from './user-storage/bucket-exists.ts';
import { createUserStorage } from './user-storage/user-storage.ts';
import { createUsernameOf } from './user-storage/username.ts';
import { readVersion } from './version.ts';
import { watchMetrics } from './watch-metrics.ts';
import { createAskArborist, createContainerAccess } from './workspaces/container-access.ts';
import { createSessions } from './workspaces/sessions.ts';
import { createWorkspaces } from './workspaces/workspaces.ts';

/** Exit code 2: the configuration is unusable, and restarting won't help. */
const UNUSABLE_CONFIG = 2;

/** What `--json` prints when everything listens. */
interface ReadyLine {
  readonly ready: true;
  readonly api: string;
  readonly s3: string;
  readonly s3Root: string | null;
  readonly pid: number;
}

const SERVICE = 'eyrie-api';

const serve = async (config: Config): Promise<Served<ReadyLine>> => {
  const log = createLogger({ name: SERVICE, level: config.logLevel });
  watchStrayErrors({ log });
  const unused = renderUnused(config);
  if (unused !== undefined) log.info(unused);
  const access = { ...config.aws, assumeRole: config.api.assumeRole ?? config.aws.assumeRole };
  const aws = createOwnAws(access);
  const home = homeAccount(config.aws);
  const temporal = createTemporalClient(config.temporal);
  const control = createControl({
    s3: aws.s3(home),
    bucket: config.aws.controlBucket,
    sealingKeys: config.sealingKeys,
  });
  const environment = environmentOf(config.environment);
  const metrics = createMetrics();
  shareMetrics(metrics.registry);
  const now = createSteadyClock({
    onSetBack: (byMs) =>
      log.error(
        { byMs },
        'the wall clock was set back: until a restart, expiry goes by the later time that was seen before',
      ),
  });
  const verifyToken = createTokenVerifier({ ...tokenTrustOf(config), keys: createIssuerKeys(config.auth), now });
  if (config.auth.audience === undefined)
    log.warn('auth.audience is not set: tokens that the issuer made for any other service are accepted');
  const storage = createStorage({
    config,
    verifyToken,
    credentials: ownCredentials(access),
    s3: aws.s3(home),
    accountId: config.aws.accountId,
    registry: metrics.registry,
    now,
    log,
    audit: log.isLevelEnabled('info') ? createAuditLog({ name: SERVICE }) : () => undefined,
  });
  const schedules = createScheduleControl(temporal, installationOf(config));
  const taskQueue = taskQueueOf(installationOf(config));
  const ownAccountId = createOwnAccount(aws.sts(home), config.aws.accountId);
  const { systemKeys, ...keys } = createKeys({
    ...{ config, control, temporal, taskQueue, environment, accountId: ownAccountId, now, log },
  });
  const leaving = createLeaving();
  let url = '';
  let s3Root: string | null = null;
  const tes = buildTes({
    config,
    control,
    environment,
    mint: storage.mint,
    systemKeys,
    s3Endpoint: () => config.tes.sessionEndpoint ?? s3Root ?? `${url}${S3_PREFIX}`,
    now,
    log,
  });
  const storageRegion = config.s3.upstream.region ?? config.aws.region;
  const users = createUserStorage({
    operations: createOperations(temporal, taskQueue),
    records: control.records,
    hostname: config.environment,
    environment,
    region: storageRegion,
    ownAccountId,
    settings: storageSettingsOf(config),
    arborist: config.s3.arboristUrl !== undefined,
    bucketExists: createBucketExists(aws.s3({ ...home, region: storageRegion }), ownAccountId),
    timing: timingOf(config),
  });
  const app = createApp({
    authenticate: createAuthenticate({ ...config.auth, computeClients: config.compute.clients }, verifyToken),
    compute: createComputeEnvironments({
      operations: createOperations(temporal, taskQueue),
      control,
      environment,
      namePrefix: config.compute.namePrefix,
      resolveAccount: createResolveAccount(config.compute.accounts, ownAccountId),
      accounts: async () => [await ownAccountId(), ...config.compute.accounts.map(({ accountId }) => accountId)],
      clients: config.compute.clients,
      askQuota: createAskQuota(temporal, taskQueue, timingOf(config)),
      timing: timingOf(config),
      drainMinutes: config.compute.drainMinutes,
    }),
    workspaces: createWorkspaces({
      operations: createOperations(temporal, taskQueue),
      control,
      environment,
      timing: timingOf(config),
      askQuota: createAskQuota(temporal, taskQueue, timingOf(config)),
      disposesIdle: config.schedules.idleDisposal.parkedDays !== undefined,
      defaults: {
        hostname: config.environment,
        region: config.aws.region,
        ownAccountId,
        payModelRoleName: config.aws.payModelRoleName,
        externalId: config.aws.externalId,
        profiles: config.profiles,
        requireAccess: createContainerAccess(
          profileAuthzOf(config),
          config.s3.arboristUrl === undefined ? undefined : createAskArborist(config.s3.arboristUrl),
        ),
        global: config['nextflow-global'],
        settings: settingsOf(config),
        credentialsOf: (profile) => refreshingOf(config, profile),
      },
    }),
    schedules,
    sweeps: createSweeps({
      control,
      runs: createSweepControl(temporal, installationOf(config)),
      settings: sweepSettingsOf(config),
      ownersMax: config.schedules.sweep.ownersMax,
    }),
    sessions: createSessions({
      sts: aws.sts,
      tokens: control.tokens,
      read: async (subject) => (await control.records(WORKSPACE_RECORDS).read(subject))?.record.workspace,
      seconds: config.credentials.sessionMinutes * 60,
      now,
    }),
    publicUrl: () => url,
    ...keys,
    starts: control.starts,
    environment,
    awsEndpoint: config.aws.endpoint,
    readiness: createReadiness({
      ...{ temporal, s3: aws.s3(home), bucket: config.aws.controlBucket },
      draining: leaving.draining,
    }),
    ending: leaving.ending,
    metrics,
    metricsText: () => collectMetrics(metrics.registry),
    storage: {
      mint: storage.mint,
      setup: storage.setup,
      // Somebody else's S3 server has neither keys of KMS nor most of a bucket's settings.
      users: config.s3.upstream.endpoint === undefined ? users : undefined,
      usernameOf: createUsernameOf(verifyToken),
      container: config['nextflow-global']['sample-config-public-image'],
      region: storageRegion,
      endpoint: () => `${url}${S3_PREFIX}`,
    },
    tes: tes && { service: tes, identify: createIdentify(config.auth, verifyToken) },
    log,
    version: readVersion(),
  });

  dropGarbageOfStart();
  const { tls: files, host, port, portTaken, publicUrl, drainSeconds, stopSeconds } = config.api;
  const tls = files && { cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') };
  const server = createBareServer(tls, S3_SERVER_OPTIONS);
  const servers = [track(server)];
  mountDoors(server, storage, jsonListener(app));
  const listensAt = await listen(server, { host, port, portTaken });
  url = (publicUrl ?? listensAt).replace(/\/$/, '');
  const root = config.s3.rootPort === undefined ? undefined : createBareServer(tls, S3_SERVER_OPTIONS);
  if (root) {
    mountS3(root, storage.handler, '');
    servers.push(track(root));
  }
  s3Root = root ? await listen(root, { host, port: config.s3.rootPort ?? 0, portTaken }) : null;
  log.info({ url, s3Root }, 'listening');

  const sweeping = sweepClaims(control.credentials, environment, log);
  const watching = watchMetrics(
    [
      { what: 'schedules', look: async () => metrics.schedules(await schedules.list()) },
      // Lists all records, and reads those that have changed.
      { what: 'records', everyMinutes: 10, look: async () => metrics.subjects(await control.survey(environment)) },
      { what: 'operations', look: async () => metrics.operations(await runningOperations(temporal, environment)) },
    ],
    log,
  );
  return {
    ready: { ready: true, api: url, s3: `${url}${S3_PREFIX}`, s3Root, pid: process.pid },
    async stop({ keepsListening }) {
      log.info({ drainSeconds, stopSeconds }, 'stopping');
      sweeping.stop();
      watching.stop();
      await leaving.leave(servers, { drainMs: drainSeconds * 1000, stopMs: stopSeconds * 1000, keepsListening });
      await Promise.all([storage.handler.close(), tes?.close()]);
    },
  };
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
  await runProcesses({
    count: config.s3.processes,
    serve: () => serve(config),
    onReady: (line) => {
      // Of the process that was started: the others come and go.
      if (values.json) process.stdout.write(`${JSON.stringify({ ...line, pid: process.pid })}\n`);
    },
  });
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : errorText(error)}\n`);
  process.exit(error instanceof ConfigError ? UNUSABLE_CONFIG : 1);
}

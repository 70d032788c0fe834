/**
 * The API: JSON routes by Hono, `/s3` on the raw Node request. `node src/api/server.ts --config FILE [--json]`.
 * With `--json` it prints one line when it listens.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createOwnAws, homeAccount } from '#aws/own.ts';
import { settingsOf, timingOf } from '#config/derived.ts';
import { loadConfig } from '#config/load.ts';
import type { Config } from '#config/schema.ts';
import { createControl } from '#control/control.ts';
import { environmentOf } from '#domain/names.ts';
import { createLogger } from '#observability/logger.ts';
import { createMetrics } from '#observability/metrics.ts';
import { createTemporalClient } from '#temporal/client.ts';
import { createWorkspaceWorkflows } from '#temporal/workspaces.ts';
import { createApp } from './app.ts';
import { createAuthenticate } from './authenticate.ts';
import { createBareServer, jsonListener, listen, stopServer } from './listener.ts';
import { createOwnAccount, createReadiness } from './peers.ts';
import { sweepClaims } from './sweep-claims.ts';
import { readVersion } from './version.ts';
import { createWorkspaces } from './workspaces/workspaces.ts';

/** How long open requests may take to end once the process is asked to stop. */
const STOP_MS = 10_000;

const runApi = async (config: Config, json: boolean): Promise<void> => {
  const log = createLogger({ name: 'eyrie-api', level: config.logLevel });
  const aws = createOwnAws({ ...config.aws, assumeRole: config.api.assumeRole ?? config.aws.assumeRole });
  const home = homeAccount(config.aws);
  const temporal = createTemporalClient(config.temporal);
  const control = createControl({
    s3: aws.s3(home),
    bucket: config.aws.controlBucket,
    sealingKeys: config.sealingKeys,
  });
  const environment = environmentOf(config.environment);
  const app = createApp({
    authenticate: createAuthenticate(config.auth),
    workspaces: createWorkspaces({
      workflows: createWorkspaceWorkflows(temporal),
      control,
      environment,
      timing: timingOf(config),
      defaults: {
        hostname: config.environment,
        region: config.aws.region,
        ownAccountId: createOwnAccount(aws.sts(home), config.aws.accountId),
        payModelRoleName: config.aws.payModelRoleName,
        externalId: config.aws.externalId,
        profiles: config.profiles,
        global: config['nextflow-global'],
        settings: settingsOf(config),
      },
    }),
    environment,
    readiness: createReadiness({ temporal, s3: aws.s3(home), bucket: config.aws.controlBucket }),
    metrics: createMetrics(),
    log,
    version: readVersion(),
  });

  const { tls, host, port, publicUrl } = config.api;
  const server = createBareServer(
    tls && { cert: readFileSync(tls.certFile, 'utf8'), key: readFileSync(tls.keyFile, 'utf8') },
  );
  server.on('request', jsonListener(app));
  const listening = await listen(server, { host, port });
  const url = publicUrl ?? listening;
  log.info({ url }, 'listening');
  if (json) process.stdout.write(`${JSON.stringify({ ready: true, api: url, pid: process.pid })}\n`);

  const sweeping = sweepClaims(control.credentials, log);
  const stop = (): void => {
    sweeping.stop();
    stopServer(server, STOP_MS).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

const { values } = parseArgs({ options: { config: { type: 'string' }, json: { type: 'boolean', default: false } } });
try {
  await runApi(loadConfig(values.config), values.json);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

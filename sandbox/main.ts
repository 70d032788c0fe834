/**
 * The sandbox as a process of its own: an AWS endpoint, a Temporal server, an OIDC issuer. Prints one line of JSON when
 * everything is ready, `{aws, temporal, temporalUi, issuer, pid}`, and stops all that it started on SIGTERM, on SIGINT,
 * or when its parent is gone.
 *
 *     node sandbox/main.ts --aws-port 0 --temporal-port 0 --ui-port 0 --issuer-port 0 --scale 0.1 --db-file FILE
 *
 * A port of 0 is any free one. `--no-temporal`, `--no-ui` and `--no-issuer` leave parts out (null in the line);
 * `--seed N` seeds the spread of delays; `--tls-cert FILE --tls-key FILE` serve AWS and issuer over https; `--detached`
 * lets it outlive its parent.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startIssuer } from './processes/issuer.ts';
import { watchParent } from './processes/parent.ts';
import { startTemporal } from './processes/temporal.ts';
import { startAwsSandbox } from './start.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    'aws-port': { type: 'string', default: '0' },
    'temporal-port': { type: 'string', default: '0' },
    'ui-port': { type: 'string', default: '0' },
    'issuer-port': { type: 'string', default: '0' },
    scale: { type: 'string', default: '0.1' },
    seed: { type: 'string', default: '1' },
    'db-file': { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    temporal: { type: 'boolean', default: true },
    ui: { type: 'boolean', default: true },
    issuer: { type: 'boolean', default: true },
    detached: { type: 'boolean', default: false },
  },
});

const log = (message: string): void => void process.stderr.write(`sandbox: ${message}\n`);

const numberOf = (name: 'aws-port' | 'temporal-port' | 'ui-port' | 'issuer-port' | 'scale' | 'seed'): number => {
  const value = Number(values[name]);
  if (values[name].trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  log(`--${name} must be a number that is not negative`);
  process.exit(2);
};

type Part = { stop(): Promise<void> };
const started: Part[] = [];
let stopping: Promise<void> | undefined;

const stop = (code: number): Promise<void> => {
  stopping ??= Promise.allSettled(started.map((part) => part.stop())).then(() => process.exit(code));
  return stopping;
};

const onDeath = (message: string): void => {
  log(message);
  void stop(1);
};

/** Also when the start of its siblings has failed meanwhile, so that nothing is left behind. */
const keep = async <P extends Part>(starting: Promise<P>): Promise<P> => {
  const part = await starting;
  started.push(part);
  if (stopping) await part.stop();
  return part;
};

process.once('SIGTERM', () => void stop(0));
process.once('SIGINT', () => void stop(0));
if (!values.detached) watchParent(() => void stop(0));

const { 'tls-cert': cert, 'tls-key': key } = values;
const tlsFiles = cert !== undefined && key !== undefined ? { cert, key } : undefined;
const tls = tlsFiles && { cert: readFileSync(tlsFiles.cert, 'utf8'), key: readFileSync(tlsFiles.key, 'utf8') };
const awsOptions = { tls, port: numberOf('aws-port'), scale: numberOf('scale'), seed: numberOf('seed'), log, onDeath };
const temporalOptions = {
  port: numberOf('temporal-port'),
  uiPort: values.ui ? numberOf('ui-port') : undefined,
  dbFile: values['db-file'],
  onDeath,
};

try {
  const [aws, temporal, issuer] = await Promise.all([
    keep(startAwsSandbox(awsOptions)),
    values.temporal ? keep(startTemporal(temporalOptions)) : undefined,
    values.issuer ? keep(startIssuer(numberOf('issuer-port'), tlsFiles)) : undefined,
  ]);
  const ready = {
    aws: aws.endpoint,
    temporal: temporal?.address ?? null,
    temporalUi: temporal?.ui ?? null,
    issuer: issuer?.url ?? null,
    pid: process.pid,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  await stop(1);
}

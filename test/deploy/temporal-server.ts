/** A Temporal as in production: the server itself, all its roles in one process, on PostgreSQL, with mTLS for its clients. */
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '#observability/worker-door.ts';
import { until } from '../support/workspace-runs.ts';
import { ROOT } from './buildah.ts';
import { type Certificates, certificatesIn, SERVER_NAME } from './certificates.ts';
import { type Postgres, startPostgres, USER } from './postgres.ts';

const LOOPBACK = '127.0.0.1';
const ROLES = ['frontend', 'history', 'matching', 'worker'] as const;
/** Not made by it: a guide says how. */
export const NAMESPACE = 'eyrie';
const LAST_WORDS_CHARS = 4_000;
/** Of its databases, and the schemas that its own tool makes in them. */
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;

/** Where the members of a cluster find each other stands in a column of 16 bits, one of them for the sign. */
const MEMBERSHIP_PORT_MAX = 32_767;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createServer().once('error', () => resolve(false));
    socket.listen(port, LOOPBACK, () => socket.close(() => resolve(true)));
  });

const freeMembershipPort = async (): Promise<number> => {
  const port = randomInt(10_000, MEMBERSHIP_PORT_MAX);
  return (await isFree(port)) ? port : freeMembershipPort();
};

const program = (name: 'server' | 'sql'): string => join(ROOT, '.eyrie/go/temporal', name);

export type Variables = Readonly<Record<string, string>>;

export interface TemporalServer {
  /** By which clients find it, as the guide names them; the CA of `stranger` is none of its own. */
  readonly variables: (client: 'client' | 'stranger') => Variables;
  /** The command of that name, as one who has the client's certificate types it. */
  readonly temporal: (...args: readonly string[]) => { status: number | null; stdout: string; stderr: string };
  /** Until it serves. @throws Error with what it said where it ends before */
  start(): Promise<void>;
  /** As a machine that is gone. */
  kill(): Promise<void>;
  /** It, and its database. */
  stop(): Promise<void>;
}

const makeSchemas = ({ port }: Postgres): void => {
  const tool = (...args: readonly string[]): void => {
    const access = ['--plugin', 'postgres12', '--endpoint', LOOPBACK, '--port', String(port), '--user', USER];
    const { status, stdout, stderr } = spawnSync(program('sql'), [...access, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  };
  for (const [database, schema] of Object.entries(DATABASES)) {
    tool('--database', database, 'create-database');
    tool('--database', database, 'setup-schema', '--version', '0.0');
    tool('--database', database, 'update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
};

interface Parts {
  readonly postgres: Postgres;
  readonly certificates: Certificates;
  /** One for each role's calls, then one for each role's membership. */
  readonly ports: readonly number[];
}

const datastore = (databaseName: string, { port }: Postgres) => ({
  sql: {
    pluginName: 'postgres12',
    databaseName,
    connectAddr: `${LOOPBACK}:${port}`,
    connectProtocol: 'tcp',
    user: USER,
  },
});

const configOf = ({ postgres, certificates: { at }, ports }: Parts) => {
  const pair = (name: string) => ({ certFile: at(`${name}.crt`), keyFile: at(`${name}.key`) });
  const client = { serverName: SERVER_NAME, rootCaFiles: [at('ca.crt')] };
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: {
        default: datastore('temporal', postgres),
        visibility: datastore('temporal_visibility', postgres),
      },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK },
      tls: {
        frontend: { server: { ...pair('server'), clientCaFiles: [at('ca.crt')], requireClientAuth: true }, client },
        systemWorker: { ...pair('client'), client },
      },
    },
    services: Object.fromEntries(
      ROLES.map((role, at) => [
        role,
        { rpc: { grpcPort: ports[at], membershipPort: ports[ROLES.length + at], bindOnLocalHost: true } },
      ]),
    ),
    clusterMetadata: {
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${LOOPBACK}:${ports[0]}`,
        },
      },
    },
  };
};

const makeCertificates = (folder: string): Certificates => {
  const certificates = certificatesIn(folder);
  for (const ca of ['ca', 'other-ca']) certificates.makeCa(ca);
  for (const name of ['server', 'client']) certificates.makeCertificate(name, 'ca');
  certificates.makeCertificate('stranger', 'other-ca');
  return certificates;
};

/** With its schemas; not started yet. */
export const createTemporalServer = async (): Promise<TemporalServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-temporal-server-'));
  const certificates = makeCertificates(folder);
  const postgres = await startPostgres();
  makeSchemas(postgres);
  const ports = await Promise.all([...ROLES.map(() => freePort()), ...ROLES.map(freeMembershipPort)]);
  const file = join(folder, 'server.yaml');
  writeFileSync(file, stringify(configOf({ postgres, certificates, ports })));
  const variables: TemporalServer['variables'] = (client) => ({
    TEMPORAL_ADDRESS: `${LOOPBACK}:${ports[0]}`,
    TEMPORAL_NAMESPACE: NAMESPACE,
    TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.at('ca.crt'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.at(`${client}.crt`),
    TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.at(`${client}.key`),
  });
  const temporal: TemporalServer['temporal'] = (...args) =>
    spawnSync(join(ROOT, '.eyrie/python/bin/temporal'), args, {
      encoding: 'utf8',
      env: { ...process.env, ...variables('client') },
    });
  let kill = async (): Promise<void> => undefined;
  return {
    variables,
    temporal,
    async start() {
      const child = spawn(program('server'), ['--config-file', file, '--allow-no-auth', 'start'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          log = (log + chunk.toString('utf8')).slice(-LAST_WORDS_CHARS);
        });
      }
      const ended = once(child, 'exit');
      kill = async () => {
        child.kill('SIGKILL');
        await ended;
      };
      await until('Temporal serves', () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
        return temporal('operator', 'cluster', 'health').stdout.includes('SERVING');
      }).catch((cause: unknown) => {
        throw new Error(`Temporal did not start:\n${log}`, { cause });
      });
    },
    kill: () => kill(),
    async stop() {
      await kill();
      await postgres.stop();
      rmSync(folder, { recursive: true });
    },
  };
};

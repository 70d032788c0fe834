/** The proxy in the test process, in front of a given upstream, under `/s3` and on a listener of its own. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createS3Handler, type S3Handler } from '#s3/handler.ts';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { createEpochs, type Epochs } from '#s3/identity/epochs.ts';
import type { Session, SessionCredentials, SessionKeys } from '#s3/identity/session-keys.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { mountS3, S3_SERVER_OPTIONS } from '#s3/mount.ts';
import type { S3Options } from '#s3/options.ts';
import { memoryEpochStore } from './epoch-store.ts';
import { verifyToken } from './tokens.ts';

export const HOSTNAME = 'localhost';
export const bucketOf = (user: string): string => bucketNameOf(HOSTNAME, user) as string;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export interface TestProxy {
  /** `http://127.0.0.1:PORT/s3` */
  readonly endpoint: string;
  /** `http://127.0.0.1:PORT`, all S3. */
  readonly rootEndpoint: string;
  readonly port: number;
  readonly rootPort: number;
  readonly s3: S3Handler;
  readonly registry: Registry;
  readonly epochs: Epochs;
  readonly sessionKeys: SessionKeys;
  readonly log: LogLine[];
  session(userId: string, change?: Partial<Session>): SessionCredentials;
  stop(): Promise<void>;
}

export interface TestProxyOptions extends Partial<Omit<S3Options, 'upstream'>> {
  readonly upstream: S3Options['upstream'];
  readonly tls?: { readonly cert: string; readonly key: string };
}

export const startProxy = async ({ tls, ...options }: TestProxyOptions): Promise<TestProxy> => {
  const now = options.now ?? Date.now;
  const log: LogLine[] = [];
  const logAt = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void log.push({ level, message, fields });
  const registry = new Registry();
  const sessionKeys = options.sessionKeys ?? createSessionKeys([{ version: 1, secret: randomBytes(32) }]);
  const epochs = options.epochs ?? createEpochs(memoryEpochStore(), now);
  const s3 = createS3Handler({
    mode: 'compat',
    hostname: HOSTNAME,
    verifyToken,
    delegates: ['tes'],
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    registry,
    ...options,
    upstream: clientOf(options.upstream),
    sessionKeys,
    epochs,
  });
  const newServer = (): Server =>
    tls ? createTlsServer({ ...S3_SERVER_OPTIONS, ...tls }) : createServer(S3_SERVER_OPTIONS);
  const app = newServer();
  mountS3(app, s3, '/s3', (_req, res) => res.writeHead(404).end('not S3'));
  const root = newServer();
  mountS3(root, s3, '');
  const [port, rootPort] = [await listen(app), await listen(root)];
  const scheme = tls ? 'https' : 'http';
  return {
    endpoint: `${scheme}://127.0.0.1:${port}/s3`,
    rootEndpoint: `${scheme}://127.0.0.1:${rootPort}`,
    port,
    rootPort,
    s3,
    registry,
    epochs,
    sessionKeys,
    log,
    session: (userId, change = {}) =>
      sessionKeys.mint({
        userId,
        rights: ['read', 'create', 'delete'],
        prefix: '',
        issuedAt: now(),
        expiresAt: now() + 3_600_000,
        tokenHash: '',
        epoch: 0,
        ...change,
      }),
    async stop() {
      for (const server of [app, root]) {
        server.close();
        server.closeAllConnections();
      }
      await s3.close();
    },
  };
};

/** The whole suite runs on either client: S3_UPSTREAM_CLIENT=undici. */
const clientOf = (upstream: S3Options['upstream']): S3Options['upstream'] => ({
  client: process.env.S3_UPSTREAM_CLIENT === 'undici' ? 'undici' : 'lean',
  ...upstream,
});

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

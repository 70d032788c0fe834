/**
 * The API with all its doors on sockets, put together as the root does it, in front of an upstream that says yes; with an
 * issuer whose published key this process has.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose';
import { Registry } from 'prom-client';
import { createAuthenticate } from '#api/authenticate.ts';
import type { BodyDeadlines } from '#api/body-deadline.ts';
import { mountDoors } from '#api/doors.ts';
import { jsonListener } from '#api/listener.ts';
import { createIdentify } from '#api/routes/tes/deps.ts';
import { createStorage } from '#api/storage.ts';
import { tokenTrustOf } from '#config/derived.ts';
import { parseConfig } from '#config/load.ts';
import { createIssuerKeys } from '#identity/issuer-keys.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createLogger } from '#observability/logger.ts';
import type { AuditLine } from '#s3/audit.ts';
import { mountS3, S3_SERVER_OPTIONS } from '#s3/mount.ts';
import type { TesService } from '#tes/tes.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../s3/support/scripted.ts';
import { createMemoryS3 } from './memory-s3.ts';
import { apiRig } from './rig.ts';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'eyrie';
export const SCOPES = ['openid', 'user'];
export const KEY_ID = 'published';

const issuerPair = await generateKeyPair('RS256');

/** The issuer's own. */
export const issuerKey: CryptoKey = issuerPair.privateKey;
export const publishedKey: CryptoKey = issuerPair.publicKey;

export interface DoorRig {
  /** `http://127.0.0.1:PORT` */
  readonly api: string;
  /** Where S3 is at the root. */
  readonly s3Root: string;
  readonly app: ReturnType<typeof apiRig>['app'];
  /** Paths beside the JSON application. */
  readonly rawDoors: readonly string[];
  readonly upstream: ScriptedUpstream;
  readonly audit: AuditLine[];
  /** Every line of the logs. */
  readonly lines: string[];
  stop(): Promise<void>;
}

/** Says yes to everything: the doors are what is looked at here. */
const A_TES: TesService = {
  serviceInfo: async () => ({}),
  create: async () => 'id',
  list: async () => ({ tasks: [] }),
  show: async (_caller, id) => ({ id }),
  cancel: async () => ({}),
  close: async () => {},
};

/** @param s3 options of the S3 endpoint. @param logLevel of the storage's log */
export const startDoors = async ({
  s3 = {},
  logLevel = 'info',
  deadlines = {},
  sealingKeys = [1],
}: {
  readonly s3?: Record<string, unknown>;
  readonly logLevel?: string;
  readonly deadlines?: BodyDeadlines;
  /** First bytes of the sealing keys. */
  readonly sealingKeys?: readonly number[];
} = {}): Promise<DoorRig> => {
  const lines: string[] = [];
  const servers: Server[] = [];
  const listen = async (server: Server): Promise<string> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publishedKey)), kid: KEY_ID, alg: 'RS256' }] });
  const jwksUri = await listen(
    createServer((_req, res) => res.setHeader('content-type', 'application/json').end(jwks)),
  );
  const upstream = await scriptedUpstream((_req, res) => res.writeHead(200, { 'content-length': '0' }).end());
  const config = parseConfig({
    environment: 'localhost',
    aws: { region: 'us-east-1', controlBucket: 'control' },
    sealingKeys: sealingKeys.map((byte) => ({ id: `k${byte}`, key: Buffer.alloc(32, byte).toString('base64') })),
    auth: { issuer: ISSUER, jwksUri, audience: AUDIENCE, scopes: SCOPES, s3Clients: ['tes'], serviceClients: ['tes'] },
    s3: { ...s3, upstream: { endpoint: upstream.upstream.endpoint, accessKeyId: 'KEY', secretAccessKey: 'secret' } },
  });
  const verifyToken = createTokenVerifier({ ...tokenTrustOf(config), keys: createIssuerKeys(config.auth) });
  const audit: AuditLine[] = [];
  const storage = createStorage({
    config,
    verifyToken,
    credentials: async () => ({ accessKeyId: 'KEY', secretAccessKey: 'secret' }),
    s3: createMemoryS3(),
    accountId: undefined,
    registry: new Registry(),
    now: Date.now,
    log: createLogger({ name: 'test', level: logLevel }, { write: (line) => void lines.push(line) }),
    audit: (line) => void audit.push(line),
  });
  const { app } = apiRig({
    authenticate: createAuthenticate(config.auth, verifyToken),
    storage: {
      mint: storage.mint,
      setup: storage.setup,
      region: 'us-east-1',
      endpoint: () => 'http://127.0.0.1:1/s3',
    },
    tes: { service: A_TES, identify: createIdentify(config.auth, verifyToken) },
  });
  const server = createServer(S3_SERVER_OPTIONS);
  const rawDoors = mountDoors(server, storage, jsonListener(app), deadlines);
  const root = createServer(S3_SERVER_OPTIONS);
  mountS3(root, storage.handler, '');
  return {
    api: await listen(server),
    s3Root: await listen(root),
    app,
    rawDoors,
    upstream,
    audit,
    lines,
    async stop() {
      for (const one of servers) {
        one.close();
        one.closeAllConnections();
      }
      await storage.handler.close();
      await upstream.stop();
    },
  };
};

/**
 * The proxy alone, with an issuer of its own: verification, authorisation, re-signing, metrics and audit on, as in production.
 * `node serve.ts '{"endpoint": "http://127.0.0.1:9000", "client": "lean", "ca": "PEM"}'` prints one line of JSON:
 * `{port, pid, bucket, token, endpoint}`.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Registry } from 'prom-client';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createAuditLog } from '#observability/audit-log.ts';
import { bucketNameOf } from '#s3/bucket-name.ts';
import { createS3Handler } from '#s3/handler.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { mountS3, S3_SERVER_OPTIONS } from '#s3/mount.ts';

interface Arguments {
  readonly endpoint: string;
  readonly client?: 'lean' | 'undici';
  readonly ca?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

const {
  endpoint,
  client = 'lean',
  ca,
  accessKeyId = 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey = 'secret',
} = JSON.parse(process.argv[2] ?? '{}') as Arguments;
const { publicKey, privateKey } = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256' };
const ISSUER = 'https://issuer.bench';
/** As long as Gen3's tokens are. */
const token = await new SignJWT({ sub: 'bench', scope: 'user openid', aud: ['gen3'], padding: 'x'.repeat(900) })
  .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
  .setIssuer(ISSUER)
  .setExpirationTime('6h')
  .sign(privateKey);

const quiet = (): void => {};
const s3 = createS3Handler({
  mode: 'constant',
  hostname: 'localhost',
  upstream: {
    endpoint,
    region: 'us-east-1',
    client,
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    ...(ca && { ca }),
  },
  verifyToken: createTokenVerifier({
    keys: createLocalJWKSet({ keys: [jwk] }),
    issuer: ISSUER,
    audience: 'gen3',
    algorithms: ['RS256'],
    scopes: ['user', 'openid'],
  }),
  delegates: [],
  sessionKeys: createSessionKeys([{ version: 0, secret: randomBytes(32) }]),
  epochs: createEpochs({ read: async () => ({}), update: async () => {} }, Date.now),
  log: {
    info: quiet,
    warn: quiet,
    error: (fields, message) => void process.stderr.write(`${message} ${String(fields.err)}\n`),
  },
  audit: createAuditLog({ name: 'bench', dest: '/dev/null' }),
  registry: new Registry(),
});
const server = createServer(S3_SERVER_OPTIONS);
mountS3(server, s3, '/s3');
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const bucket = bucketNameOf('localhost', 'bench');
  process.stdout.write(
    `${JSON.stringify({ port, pid: process.pid, bucket, token, endpoint: `http://127.0.0.1:${port}/s3` })}\n`,
  );
});
process.once('SIGTERM', () => process.exit(0));

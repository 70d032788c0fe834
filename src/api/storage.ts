/** Builds the S3 endpoint from the configuration: upstream, identities, sessions and their revocation. */
import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import type { CredentialProvider } from '#aws/credential-source.ts';
import type { Config } from '#config/schema.ts';
import { createObjects, type S3Sender, WriteConflict } from '#control/objects.ts';
import type { VerifyToken } from '#identity/verify-token.ts';
import { createIdentityAudit } from '#observability/identity-audit.ts';
import type { Logger } from '#observability/logger.ts';
import type { AuditLog } from '#s3/audit.ts';
import type { PublicNames } from '#s3/auth/verify.ts';
import { createArborist } from '#s3/identity/arborist.ts';
import { createEpochObject } from '#s3/identity/epoch-object.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createSessionKeys, type MasterKey } from '#s3/identity/session-keys.ts';
import { createS3Service, type S3Service } from '#s3/service.ts';

export interface StorageParts {
  readonly config: Config;
  /** The verifier that all doors share. */
  readonly verifyToken: VerifyToken;
  /** The API's own credentials: they sign upstream where no static key is configured. */
  readonly credentials: CredentialProvider;
  /** For the control bucket, which remembers who was revoked and when. */
  readonly s3: S3Sender;
  /** Eyrie's own account, where the users' buckets are. Unknown: buckets of any account are taken. */
  readonly accountId: string | undefined;
  readonly registry: Registry;
  /** Milliseconds since 1970, never fewer than before. */
  readonly now: () => number;
  readonly log: Logger;
  readonly audit: AuditLog;
}

export const createStorage = ({
  config,
  verifyToken,
  credentials,
  s3,
  accountId,
  registry,
  now,
  log,
  audit,
}: StorageParts): S3Service => {
  const { auth, aws, s3: options, sealingKeys, environment } = config;
  const { upstream } = options;
  const objects = createObjects(s3, aws.controlBucket);
  const store = createEpochObject(objects, (error) => error instanceof WriteConflict);
  const { accessKeyId, secretAccessKey } = upstream;
  const isAws = upstream.endpoint === undefined;
  return createS3Service({
    mode: options.mode,
    hostname: environment,
    upstream: {
      endpoint: upstream.endpoint ?? aws.endpoint ?? `https://s3.${aws.region}.amazonaws.com`,
      region: upstream.region ?? aws.region,
      client: upstream.client,
      connectionsMax: upstream.connectionsMax,
      queueMs: upstream.queueSeconds * 1000,
      ...(upstream.style && { style: upstream.style }),
      ...(upstream.caFile && { ca: readFileSync(upstream.caFile, 'utf8') }),
      credentials:
        accessKeyId !== undefined && secretAccessKey !== undefined
          ? async () => ({ accessKeyId, secretAccessKey })
          : credentials,
    },
    verifyToken,
    outliveTokenSeconds: options.outliveTokenSeconds,
    delegates: auth.s3Clients,
    sessionKeys: createSessionKeys(masterKeys(options.sessionKeys, sealingKeys)),
    epochs: createEpochs(store, now),
    now,
    wall: Date.now,
    encryption: { mode: options.encryption, kmsKeyId: () => options.kmsKeyId },
    strictRegion: options.strictRegion,
    virtualHostSuffixes: options.virtualHostSuffixes,
    publicNames: publicNamesOf(config),
    ...(options.dotSegments && { dotSegments: options.dotSegments }),
    ...(options.storageClasses && { storageClasses: options.storageClasses }),
    hideKmsKeyId: options.hideKmsKeyId,
    corsOrigins: options.corsOrigins,
    limits: {
      concurrencyPerUser: options.concurrencyPerUser,
      uploadBytesPerSecond: options.uploadBytesPerSecond,
      bufferBytesMax: options.bufferMiB * MIB,
      bufferBytesPerUser: (options.bufferMiB * MIB) / 4,
    },
    ...(options.arboristUrl && { arborist: createArborist(options.arboristUrl) }),
    // Somebody else's server knows nothing of AWS accounts.
    ...(isAws && accountId && { bucketOwner: accountId }),
    log,
    audit,
    identityAudit: createIdentityAudit(log),
    registry,
  });
};

const MIB = 1024 * 1024;

/** Names that clients may have signed for: an ingress may have changed what arrives here. */
export const publicNamesOf = ({ api: { publicUrl }, s3 }: Pick<Config, 'api' | 's3'>): PublicNames => {
  const url = publicUrl === undefined ? undefined : new URL(publicUrl);
  return {
    hosts: [...(url ? [url.host] : []), ...s3.publicHosts],
    prefixes: [...(url ? [`${url.pathname.replace(/\/$/, '')}/s3`] : []), ...s3.publicPrefixes],
    trustForwarded: s3.trustForwarded,
  };
};

/**
 * Without keys of their own, sessions hang on the sealing keys, which every process of a deployment has: they rotate with
 * them, and live as long as the key that they were minted under is in the list.
 */
const masterKeys = (
  configured: readonly { version: number; key: Uint8Array }[],
  sealing: Config['sealingKeys'],
): MasterKey[] => {
  if (configured.length > 0) return configured.map(({ version, key }) => ({ version, secret: Buffer.from(key) }));
  return sealing.map(({ key }) => ({
    version: 0,
    secret: Buffer.from(hkdfSync('sha256', key, '', 'eyrie-s3-sessions', 32)),
    isDerived: true,
  }));
};

/** What all requests of a process share: built once from the options, handed to each exchange. */
import { randomBytes } from 'node:crypto';
import { type CredentialSource, createCredentialSource } from '#aws/credential-source.ts';
import type { AuditLog } from './audit.ts';
import type { Authorization } from './auth/signature-fields.ts';
import { type BufferBudget, createBufferBudget } from './buffer-budget.ts';
import type { DotSegments } from './http/dot-segments.ts';
import type { HeaderPolicy } from './http/request-headers.ts';
import { createDecisions, type Decisions } from './identity/arborist.ts';
import { createIdentify, type Identify } from './identity/identify.ts';
import type { Identities } from './identity/identities.ts';
import type { Principal } from './identity/principal.ts';
import { createS3Metrics, type S3Metrics } from './metrics.ts';
import type { S3Limits, S3Log, S3Mode, S3Options } from './options.ts';
import { createUpstream } from './upstream/create.ts';
import { createSigner, type Signer } from './upstream/sign.ts';
import type { Upstream } from './upstream/upstream.ts';
import { createUserSlots, type UserSlots } from './user-slots.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

export interface S3Core {
  readonly mode: S3Mode;
  /** The region that clients are told. */
  readonly region: string;
  readonly strictRegion: boolean;
  readonly virtualHostSuffixes: readonly string[];
  /** X-Forwarded-* headers come from a proxy of ours. */
  readonly trustForwarded: boolean;
  readonly identify: Identify;
  /** Did the session of a running transfer end by a revocation? */
  readonly isRevoked: (principal: Principal) => boolean;
  readonly decisions: Decisions | undefined;
  readonly headerPolicy: HeaderPolicy;
  readonly dotSegments: DotSegments;
  readonly hideKmsKeyId: boolean;
  readonly corsOrigins: ReadonlySet<string>;
  readonly limits: S3Limits;
  readonly credentials: CredentialSource;
  readonly sign: Signer;
  readonly upstream: Upstream;
  /** The upstream is S3 itself, not a server like it. */
  readonly isAws: boolean;
  readonly watchdog: Watchdog;
  readonly userSlots: UserSlots;
  readonly buffers: BufferBudget;
  readonly metrics: S3Metrics;
  readonly log: S3Log;
  readonly audit: AuditLog;
  readonly now: () => number;
  readonly nextRequestId: () => string;
}

/** A token in place of a key id, or a session's; used for Arborist's question only. */
export const tokenOf = ({ accessKeyId }: Authorization): string => accessKeyId.split(';', 1)[0] as string;

const DEFAULT_CONSTANTS = ['N/A', 'n/a', ''];
const STORAGE_CLASSES = ['STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'ONEZONE_IA'];
const DEFAULT_LIMITS: S3Limits = {
  concurrencyPerUser: 256,
  idleMs: 120_000,
  uploadBytesPerSecond: 4_000,
  uploadWindowMs: 30_000,
  bufferBytesPerUser: 16 * 1024 * 1024,
  bufferBytesMax: 64 * 1024 * 1024,
  transferMs: 6 * 3_600_000,
};

export const createCore = (options: S3Options, identities: Identities): S3Core => {
  const { upstream: target } = options;
  const now = options.now ?? Date.now;
  const wall = options.wall ?? now;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const endpoint = parseEndpoint(target.endpoint);
  const isAws = /\.amazonaws\.com(\.cn)?$/.test(endpoint.hostname);
  const upstream = createUpstream(target.client ?? 'lean', {
    ...definedOf(target),
    origin: endpoint.origin,
    onBug: (err) => options.log.error({ err }, 's3 upstream request failed by a bug'),
  });
  const watchdog = createWatchdog(limits);
  return {
    mode: options.mode,
    region: options.region ?? target.region,
    strictRegion: options.strictRegion ?? false,
    virtualHostSuffixes: (options.virtualHostSuffixes ?? []).map((suffix) => suffix.toLowerCase()),
    trustForwarded: options.publicNames?.trustForwarded ?? false,
    identify: createIdentify({
      mode: options.mode,
      ...identities,
      constants: options.constants ?? DEFAULT_CONSTANTS,
      publicNames: { hosts: [], prefixes: [], trustForwarded: false, ...options.publicNames },
    }),
    isRevoked: identities.sessions.isRevoked,
    decisions: options.arborist && createDecisions(options.arborist, now),
    headerPolicy: {
      encryption: options.encryption ?? { mode: 'inherit' },
      storageClasses: new Set(options.storageClasses ?? STORAGE_CLASSES),
      bucketOwner: options.bucketOwner,
    },
    dotSegments: options.dotSegments ?? (isAws ? 'forward' : 'inside'),
    hideKmsKeyId: options.hideKmsKeyId ?? false,
    corsOrigins: new Set(options.corsOrigins ?? []),
    limits,
    credentials: createCredentialSource(target.credentials, { now: wall }),
    sign: createSigner({
      host: endpoint.host,
      style: target.style ?? (isAws ? 'virtual' : 'path'),
      basePath: endpoint.basePath,
      region: target.region,
      now: wall,
    }),
    upstream,
    isAws,
    watchdog,
    userSlots: createUserSlots(limits.concurrencyPerUser),
    buffers: createBufferBudget(limits),
    metrics: createS3Metrics(options.registry, { active: () => watchdog.size, upstream: () => upstream.stats() }),
    log: options.log,
    audit: options.audit ?? ((line) => options.log.info({ ...line }, 's3 request')),
    now,
    nextRequestId: createRequestIds(),
  };
};

interface Endpoint {
  readonly origin: string;
  readonly host: string;
  readonly hostname: string;
  readonly basePath: string;
}

/** Of the configuration, once; no URL of a client is ever parsed like this. */
function parseEndpoint(endpoint: string): Endpoint {
  const url = new URL(endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error('the upstream endpoint must be http or https');
  if (url.search || url.hash || url.username) throw new Error('the upstream endpoint has a query, fragment or user');
  return { origin: url.origin, host: url.host, hostname: url.hostname, basePath: url.pathname.replace(/\/+$/, '') };
}

/** exactOptionalPropertyTypes: the upstream's options have no undefined ones. */
const definedOf = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

/** 16 hexadecimal digits like S3's: half random per process, half counted. */
export function createRequestIds(): () => string {
  const random = randomBytes(4).toString('hex').toUpperCase();
  let count = randomBytes(2).readUInt16BE();
  return () => {
    count = (count + 1) >>> 0;
    return random + count.toString(16).toUpperCase().padStart(8, '0');
  };
}

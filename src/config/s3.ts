/** Options of the S3 endpoint. */
import { z } from 'zod';
import { SESSION_SECONDS_MAX } from '#s3/identity/session-limits.ts';

const url = z.url({ protocol: /^https?$/ });

const Upstream = z.strictObject({
  endpoint: url.optional().describe('Any S3-compatible server. Default: AWS in `aws.region`, or `aws.endpoint`.'),
  region: z.string().min(1).optional().describe('Region that requests are signed for. Default: `aws.region`.'),
  style: z.enum(['path', 'virtual']).optional().describe('Default: virtual hosts for AWS, paths for all others.'),
  client: z
    .enum(['lean', 'undici'])
    .default('lean')
    .describe('HTTP client of the data path; undici is the slower, older one.'),
  accessKeyId: z.string().min(1).optional().describe("Static key. Default: the API's own credentials."),
  secretAccessKey: z.string().min(1).optional(),
  caFile: z.string().min(1).optional().describe('PEM file of certificate authorities for https.'),
  connectionsMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Connections to the upstream, per process. One user alone gets a third of them.'),
  queueSeconds: z
    .int()
    .min(1)
    .max(600)
    .default(30)
    .describe('How long a request waits for a connection before it is answered `SlowDown`.'),
});

const SessionKey = z.strictObject({
  version: z.int().min(0).max(31).describe('Part of every session key id, so that keys rotate with an overlap.'),
  key: z
    .string()
    .refine((text) => Buffer.from(text, 'base64').length >= 32, 'must be at least 32 bytes in base64')
    .transform((text) => Buffer.from(text, 'base64')),
});

export const S3Config = z
  .strictObject({
    mode: z
      .enum(['compat', 'constant', 'session'])
      .default('compat')
      .describe(
        'How far a token that is sent as access key id is trusted: `compat` accepts any signature, `constant` wants the secret N/A, `session` takes session credentials only.',
      ),
    upstream: Upstream.prefault({}),
    rootPort: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe(
        'A second port where S3 is at the root, for clients that take no path. 0: any free one. Default: none.',
      ),
    processes: z.int().min(1).max(64).default(1).describe('Processes of the API that share its port.'),
    sessionKeys: z
      .array(SessionKey)
      .refine((keys) => new Set(keys.map(({ version }) => version)).size === keys.length, 'each version only once')
      .default([])
      .describe(
        'Master keys of session credentials: the first one mints, all of them verify. Default: one from each sealing key, in the same order.',
      ),
    encryption: z
      .enum(['inherit', 'enforce', 'pass'])
      .default('inherit')
      .describe("SSE-KMS headers: the bucket's default, enforced, or as the client sent them."),
    kmsKeyId: z.string().min(1).optional().describe("Key for `enforce`. Default: the account's own for S3."),
    arboristUrl: url
      .optional()
      .describe('Arborist that decides about rights. Default: everybody owns their own bucket.'),
    scopes: z
      .array(z.string().regex(/^\S+$/, 'one word'))
      .default([])
      .describe('Older name of `auth.scopes`: a token needs the scopes of both, on every route.'),
    outliveTokenSeconds: z
      .int()
      .min(0)
      .max(SESSION_SECONDS_MAX)
      .default(SESSION_SECONDS_MAX)
      .describe('How long a session may outlive the token that it was minted for; 0 ties it to the token.'),
    strictRegion: z.boolean().default(false).describe('Refuse signatures for another region.'),
    virtualHostSuffixes: z
      .array(z.string().min(1))
      .default([])
      .describe('Host suffixes that follow the bucket in virtual-host requests.'),
    publicHosts: z
      .array(z.string().min(1))
      .default([])
      .describe('Host names that clients sign for where an ingress rewrites `Host`, besides that of `api.publicUrl`.'),
    publicPrefixes: z
      .array(z.string().regex(/^\/.*[^/]$/, 'a path that does not end in a slash'))
      .default([])
      .describe('Paths under which clients know `/s3` where an ingress rewrites it, besides that of `api.publicUrl`.'),
    trustForwarded: z
      .boolean()
      .default(false)
      .describe('Believe `X-Forwarded-Host` and `-Proto`. Only behind a proxy that sets them itself.'),
    dotSegments: z
      .enum(['forward', 'inside', 'reject'])
      .optional()
      .describe(
        'Keys with `.` and `..` segments, or of slashes alone: send on, refuse those that would leave the bucket, or be it, on a file system, or refuse. Default: `forward` for AWS, `inside` for others.',
      ),
    storageClasses: z
      .array(z.string().min(1))
      .optional()
      .describe(
        'Storage classes that clients may name. Default: STANDARD, STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA.',
      ),
    hideKmsKeyId: z.boolean().default(false).describe('Hide the id of the KMS key from clients.'),
    corsOrigins: z.array(z.string().min(1)).default([]).describe('Origins that browsers may call from.'),
    concurrencyPerUser: z
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('Requests of one user at a time, per process.'),
    uploadBytesPerSecond: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(4_000)
      .describe('Lowest rate of an upload, averaged over half a minute; slower ones are cut.'),
    bufferMiB: z
      .int()
      .min(32) // a quarter has room for the largest document
      .max(10_000)
      .default(64)
      .describe(
        'Memory for bodies that are collected, per process; a quarter of it for one user. Above it the answer is `SlowDown`.',
      ),
  })
  .refine(
    ({ upstream: { accessKeyId, secretAccessKey } }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
    {
      path: ['upstream'],
      message: 'accessKeyId and secretAccessKey go together',
    },
  );

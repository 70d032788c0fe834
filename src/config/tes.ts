/** Options of the pass-through to a TES server. */
import { z } from 'zod';
import { SESSION_SECONDS_MAX } from '#s3/identity/session-limits.ts';

const header = (name: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a lower-case header name')
    .default(name);

const HeadersConfig = z.strictObject({
  accessKeyId: header('x-task-access-key-id'),
  secretAccessKey: header('x-task-secret-access-key'),
  sessionToken: header('x-task-session-token').describe('With `session` only.'),
  endpoint: header('x-task-s3-endpoint').describe('With `session` only: where the credentials are good.'),
  region: header('x-task-s3-region'),
  bucket: header('x-task-s3-bucket'),
});

/** They belong to the call itself. */
const OWN_HEADERS = new Set(['authorization', 'content-type', 'content-length', 'host', 'connection', 'accept']);

export const TesConfig = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'The TES server; `/ga4gh/tes/v1` is added where it is not there. Default: none, and `/ga4gh/tes/v1` answers 503.',
      ),
    forward: z
      .enum(['system-key', 'session', 'none'])
      .default('none')
      .describe(
        'Credentials that go along with each task, as headers of the call that makes it: the newest system key of the user, a session of the S3 endpoint for the files of the task alone, or none.',
      ),
    headers: HeadersConfig.prefault({}).describe('Names of those headers.'),
    forwardAuthorization: z
      .boolean()
      .default(false)
      .describe("Send the caller's own token along when a task is made, for Gen3's plugin of Funnel."),
    sessionSeconds: z
      .int()
      .min(60)
      .max(SESSION_SECONDS_MAX)
      .default(SESSION_SECONDS_MAX)
      .describe('How long the session of a task lasts. It has to outlive the task: outputs are written at its end.'),
    sessionEndpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'Where the TES server reaches the S3 endpoint. Default: the second port (`s3.rootPort`), else `/s3` of the API.',
      ),
    images: z
      .array(z.string().min(1).max(1024))
      .default([])
      .describe(
        'Container images that tasks may use: `*` stands for any characters, `{username}` for the name of the user. A pattern that ends in `:*` takes any tag, none, and digests. Default: none at all.',
      ),
    publicBuckets: z
      .array(z.string().min(3).max(255))
      .default([])
      .describe('S3 buckets besides their own from which tasks may read.'),
    s3Hosts: z
      .array(z.string().min(1))
      .default([])
      .describe('Further host names (with the port, where there is one) under which the S3 endpoint is known.'),
    nodeScheduling: z
      .boolean()
      .default(true)
      .describe(
        "Tag tasks with the node selector and tolerations of Gen3's clusters; a tag `_GPU` chooses the GPU nodes.",
      ),
    workerRoleArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.*\{role\}/, 'the ARN of an IAM role with {role} for its name')
      .optional()
      .describe(
        "Tag tasks with the role and service account of the user's own workers: `{role}` is replaced by the role's name. Default: neither.",
      ),
    timeoutSeconds: z.number().min(0.1).max(600).default(30).describe('For one call to the TES server.'),
    connectionsMax: z.int().min(1).max(1_000).default(32).describe('Connections to the TES server, per process.'),
  })
  .refine(
    ({ headers }) =>
      new Set(Object.values(headers)).size === Object.keys(headers).length &&
      !Object.values(headers).some((name) => OWN_HEADERS.has(name)),
    { path: ['headers'], message: 'each name once, and none that HTTP itself uses' },
  );

/**
 * The configuration of worker and API: one YAML file plus environment variables. Strict, so that a misspelt option
 * stops the start. The reference page is generated from the descriptions here.
 */
import { z } from 'zod';
import { WORKER_SERVICES } from '#domain/resources/worker-services.ts';
import { EGRESSES, KEPT_WHEN_PARKED } from '#domain/workspace/egress.ts';
import { ComputeConfig } from './compute.ts';
import { CredentialsConfig } from './credentials.ts';
import { ContainersSchema, NextflowGlobalSchema, ProfilesSchema } from './hatchery.ts';
import { S3Config } from './s3.ts';
import { SchedulesConfig } from './schedules.ts';
import { StorageConfig } from './storage.ts';
import { TesConfig } from './tes.ts';
import { WorkerConfig } from './worker.ts';
import { WritesConfig } from './writes.ts';

const url = z.url({ protocol: /^https?$/ });
const accountId = z.string().regex(/^\d{12}$/, '12 digits');
const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of an IAM role');

const HOSTNAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

const AwsConfig = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region')
    .describe('Region of every workspace.'),
  endpoint: url.optional().describe('Endpoint of all AWS services, for example the local sandbox.'),
  accountId: accountId.optional().describe("Eyrie's own account. Default: asked of STS once at start."),
  payModelRoleName: z
    .string()
    .regex(/^[\w+=,.@/-]{1,128}$/)
    .default('csoc_adminvm')
    .describe("Role assumed in a pay model's account."),
  externalId: z.string().min(2).max(1224).nullable().default(null).describe('External id for that role.'),
  controlBucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name')
    .describe('Bucket of records, seals and claims.'),
  credentials: z
    .strictObject({
      accessKeyId: z.string().min(1),
      secretAccessKey: z.string().min(1),
      sessionToken: z.string().optional(),
    })
    .optional()
    .describe('Static credentials. Default: the AWS default chain.'),
  assumeRole: z
    .strictObject({ roleArn, externalId: z.string().optional() })
    .optional()
    .describe('Role that worker and API work under, assumed with the credentials above.'),
  writesPerSecond: WritesConfig.prefault({}).describe(
    'How many calls that change something one worker process sends in a second, at most; 0: as many as come. A worker that AWS throttles halves its rate for a while.',
  ),
});

const SealingKey = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, dot, dash, underscore'),
  key: z
    .string()
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .describe('32 bytes in base64.'),
});

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const AuthConfig = z.strictObject({
  issuer: url.describe('Issuer of the bearer tokens, compared byte for byte with `iss`.'),
  jwksUri: url.optional().describe("The issuer's keys. Default: found by OpenID discovery."),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('Audience that a token must name, or one of a list. Default: any, with a warning at start.'),
  scopes: z
    .array(z.string().regex(/^\S+$/, 'one word'))
    .default([])
    .describe('Scopes that every token must have, on every route. Default: none.'),
  purpose: z
    .string()
    .min(1)
    .default('access')
    .describe(
      "Required value of Gen3's claim `pur` where a token has it: ID, refresh and API-key tokens have another one.",
    ),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default(['RS256', 'ES256'])
    .describe('Signature algorithms that are accepted.'),
  clockToleranceSeconds: z.int().min(0).max(300).default(5).describe('Tolerance for `exp` and `nbf`.'),
  serviceClients: z
    .array(z.string().min(1))
    .default([])
    .describe('Clients (`azp` of a token without a user) that act for any user.'),
  operators: z
    .strictObject({
      claim: z.string().min(1).default('scope').describe('Claim that makes an operator.'),
      value: z
        .string()
        .min(1)
        .default('eyrie:operator')
        .describe('A word of the claim (text) or one of its elements (list).'),
    })
    .prefault({}),
  s3Clients: z.array(z.string().min(1)).default([]).describe('Clients that may use /s3 for any user.'),
});

const SquidConfig = z.strictObject({
  instanceType: z
    .string()
    .min(1)
    .default('t3.micro')
    .describe(
      'Instance type of a new proxy; an existing proxy keeps its own. On types without Nitro its readiness shows late, if at all.',
    ),
  image: z
    .string()
    .regex(/^(ssm:\/.+|name:.+)$/, 'ssm:/… or name:…')
    .default('ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64')
    .describe('`ssm:` and a public parameter, or `name:` and a pattern of one of Amazon’s images.'),
  moreDomains: z
    .array(z.string().min(1))
    .default([])
    .describe('Domains that jobs may reach besides the built-in list; a leading dot covers what is below.'),
});

const NetworkConfig = z.strictObject({
  egress: z
    .enum(EGRESSES)
    .default('proxy')
    .describe(
      'How jobs reach what lies outside of the VPC: by a proxy that lets listed domains through, by a NAT gateway that lets everything through, or not at all but for the endpoints of AWS services. S3 has an endpoint in each.',
    ),
  keptWhenParked: z
    .enum(KEPT_WHEN_PARKED)
    .default('nothing')
    .describe(
      'What stays, and costs, while a workspace is parked: `address` is the Elastic IP address of `nat`; `all` its gateway too, or the endpoints of `none`. A proxy always goes.',
    ),
  services: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name such as ecr.api'))
    .min(1)
    .default([...WORKER_SERVICES])
    .describe(
      "Services that get an interface endpoint with `none`: what workers need, and what jobs call besides. Short names, or in full where a region's have another form.",
    ),
});

const TimingConfig = z.strictObject({
  scale: z.number().min(0).max(100).default(1).describe('Multiplies the windows and intervals below.'),
  propagationSeconds: z.number().min(0).max(3600).default(120).describe('How long AWS may not show what it has made.'),
  lookEverySeconds: z.number().min(0.05).max(300).default(5).describe('Longest pause between two looks.'),
  undoGiveUpSeconds: z.number().min(0).max(86_400).default(300).describe('How long a refused undo is tried again.'),
  keyGraceMinutes: z
    .number()
    .min(0)
    .max(10_080)
    .default(15)
    .describe(
      'How long an earlier access key keeps working. One that is still in use then is kept until it was unused for as long. 0: it is deleted at once, used or not.',
    ),
});

const ApiConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080).describe('0: any free one.'),
  portTaken: z
    .enum(['refuse', 'any'])
    .default('refuse')
    .describe('What happens where another process has the port: do not start, or take any free one.'),
  drainSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(5)
    .describe(
      'How long a process that is asked to stop goes on answering new requests, while `/health/ready` says 503: so long balancers may take to send it no more.',
    ),
  stopSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(40)
    .describe('How long open requests and transfers may take to end after that; then they are cut.'),
  publicUrl: url.optional().describe('How clients reach the API. Default: host and port.'),
  assumeRole: z
    .strictObject({ roleArn, externalId: z.string().optional() })
    .optional()
    .describe('Role that the API works under instead of `aws.assumeRole`: it needs far fewer rights than a worker.'),
  tls: z
    .strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) })
    .optional()
    .describe('PEM files: serve over https.'),
});

const TemporalConfig = z.strictObject({
  profile: z.string().optional().describe('Profile of the Temporal configuration file.'),
  address: z.string().optional().describe('host:port. Default: TEMPORAL_ADDRESS or the profile.'),
  namespace: z.string().optional().describe('Default: TEMPORAL_NAMESPACE, the profile, or `default`.'),
});

export const ConfigSchema = z.strictObject({
  environment: z
    .string()
    .regex(HOSTNAME, 'a host name')
    .describe("The environment's host name, as Hatchery's GEN3_ENDPOINT."),
  aws: AwsConfig,
  sealingKeys: z.array(SealingKey).min(1).describe('The first seals, all open: add a new one in front to rotate.'),
  auth: AuthConfig,
  profiles: ProfilesSchema.describe("Named `nextflow` blocks with Hatchery's keys, from which users launch."),
  hatcheryConfig: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Path of Hatchery's own configuration file (JSON), whose containers and `nextflow-global` take the place of those below. What Eyrie has no use for is named once at start.",
    ),
  containers: ContainersSchema.default([]).describe(
    "Hatchery's own list: each container whose `nextflow` block is enabled is a profile of its name, for those whom its `authz` allows.",
  ),
  'nextflow-global': NextflowGlobalSchema.prefault({}).describe("Hatchery's block of the same name."),
  network: NetworkConfig.prefault({}).describe('The way out of a workspace.'),
  squid: SquidConfig.prefault({}).describe('The proxy instance of a workspace.'),
  vpcCidr: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}\/(1[6-9]|2[0-6])$/, 'an IPv4 range of /16 to /26')
    .default('192.168.0.0/16')
    .describe("Address range of a workspace's VPC."),
  timing: TimingConfig.prefault({}),
  api: ApiConfig.prefault({}),
  worker: WorkerConfig.prefault({}).describe('What a worker serves beside its work, and which build it is.'),
  temporal: TemporalConfig.prefault({}),
  credentials: CredentialsConfig.prefault({}).describe('How the holder of a workspace gets at AWS.'),
  schedules: SchedulesConfig.prefault({}).describe('What is done again and again by itself.'),
  s3: S3Config.prefault({}).describe('The S3 endpoint, which re-signs requests.'),
  tes: TesConfig.prefault({}).describe('The pass-through to a TES server.'),
  storage: StorageConfig.prefault({}).describe("The users' buckets."),
  compute: ComputeConfig.prefault({}).describe('Compute environments of AWS Batch, as Tower Forge makes them.'),
  caFile: z.string().min(1).optional().describe('PEM file of a CA that is trusted besides the usual ones.'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type Config = z.output<typeof ConfigSchema>;
export type AuthSettings = Config['auth'];

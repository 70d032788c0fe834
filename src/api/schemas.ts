/** Shapes of the API, for validation and for the OpenAPI document alike. */
import { z } from '@hono/zod-openapi';
import { NextflowBodySchema, NextflowGlobalSchema, PayModelSchema } from '#config/hatchery.ts';
import { FAILURES, type FailureCode } from '#domain/core/failures.ts';
import { EXITS, STEP_STATES } from '#domain/core/operation.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { HATCHERY_USER } from './routes/hatchery/hatchery-user.ts';

const CODES = Object.keys(FAILURES) as [FailureCode, ...FailureCode[]];

export const time = z.string().openapi({ format: 'date-time', example: '2026-11-21T11:45:00.000Z' });
const code = z.enum(CODES);

/** Query of a list that goes by pages. */
export const pageQuery = {
  cursor: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .openapi({ description: '`nextCursor` of the previous page', example: 'dGVzdC00MGV4YW1wbGUtMmVjb20' }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ description: 'Items a page', example: 50 }),
} as const;

export const PHASES = [
  'launching',
  'running',
  'failed',
  'parking',
  'parked',
  'disposing',
  'disposed',
] as const satisfies readonly Phase[];

export const WorkspaceId = z
  .string()
  .min(1)
  .max(512)
  .openapi({
    param: { name: 'id', in: 'path' },
    example: 'localhost.test-40example-2ecom',
    description: '`<H>.<escaped user>`',
  });

const Operation = z
  .object({
    type: z.enum([
      ...(['launchWorkspace', 'terminateWorkspace', 'rotateKeys', 'setUpStorage', 'deleteStorage'] as const),
      ...(['createComputeEnvironment', 'updateComputeEnvironment', 'disposeComputeEnvironment'] as const),
      ...(['validateComputeEnvironment', 'refreshImages'] as const),
    ]),
    runId: z.string(),
    workflowId: z.string(),
    startedAt: time,
    requestedBy: z.string(),
  })
  .openapi('Operation');

export const Step = z
  .object({
    name: z.string(),
    state: z.enum(STEP_STATES),
    attempt: z.int(),
    since: time.nullable(),
    expectedMs: z.number().nullable().openapi({ description: 'Since then: past this it counts as stuck.' }),
    waitingFor: z.string().nullable(),
    lastError: z.object({ code, message: z.string(), at: time }).nullable(),
  })
  .openapi('Step');

export const Leftover = z
  .object({ type: z.string(), id: z.string().nullable(), name: z.string().nullable(), reason: z.string() })
  .openapi('Leftover');

/** What there is to tell of a subject of any kind. */
export const progress = {
  operation: Operation.nullable(),
  resources: z
    .array(
      z.object({
        type: z.string().openapi({ example: 'AWS::Batch::JobQueue' }),
        id: z.string(),
        name: z.string().nullable(),
        origin: z.enum(['created', 'adopted', 'shared']),
        step: z.string(),
      }),
    )
    .readonly(),
  stuck: z
    .object({
      step: z.string(),
      since: time,
      code: code.nullable(),
      reason: z.string().nullable(),
      givesUpAt: time
        .nullable()
        .openapi({ description: 'When it gives up by itself; null: not before somebody ends it' }),
      exits: z.array(z.enum(EXITS)).readonly().openapi({ description: 'What whoever asks may do' }),
      hint: z.string().openapi({ description: 'What to do, for whoever asks' }),
    })
    .nullable(),
  error: z
    .object({ code, detail: z.string(), step: z.string().nullable() })
    .nullable()
    .openapi({ description: 'While an operation runs: what failed, and why what it made is taken back' }),
  unwindingSince: time.nullable().openapi({ description: 'Since when what was made is taken back' }),
  interventions: z
    .array(
      z.object({
        what: z.enum(['retry', 'abandon-step', 'terminate', 'cancel']),
        step: z.string().nullable(),
        reason: z.string().nullable(),
        by: z.string().nullable(),
        at: time,
      }),
    )
    .readonly()
    .openapi({ description: 'What people asked of the operation while it ran; where none runs, of the last one' }),
  leftovers: z.array(Leftover).readonly(),
  createdAt: time,
  updatedAt: time,
};

const workspace = {
  id: z.string(),
  user: z.string(),
  environment: z.string(),
  account: z.string(),
  region: z.string(),
  profile: z.string().nullable(),
  phase: z.enum(PHASES),
  credential: z.object({
    state: z.enum(['none', 'pending', 'claimable', 'claimed']),
    accessKeyId: z.string().nullable(),
    createdAt: time.nullable(),
    claimedAt: time.nullable(),
  }),
  disposalDueAt: time.nullable().openapi({
    description: 'When it is disposed of unless somebody uses it: of a workspace that has been parked for long',
  }),
  health: z
    .object({
      since: time,
      problems: z.array(z.object({ code, detail: z.string() })).readonly(),
      hint: z.string().openapi({ description: 'What to do' }),
    })
    .nullable()
    .openapi({ description: 'What has become wrong with it since it was launched, as the watch has seen it last' }),
  ...progress,
};

export const Workspace = z.object({ ...workspace, steps: z.array(Step).readonly() }).openapi('Workspace');
const WorkspaceItem = z.object(workspace).openapi('WorkspaceItem');
export const WorkspaceList = z
  .object({ items: z.array(WorkspaceItem).readonly(), nextCursor: z.string().nullable() })
  .openapi('WorkspaceList');

/** What is there depends on `credentials.form`. */
const given = {
  accessKeyId: z.string().optional().openapi({ description: 'Unless sessions alone are given' }),
  secretAccessKey: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional().openapi({
    description: 'Variables by which AWS SDKs find credentials that refresh by themselves, where they are given',
  }),
};

export const Credential = z.object({ ...given, region: z.string() }).openapi('Credential');

export const HatcheryCredential = z.object(given).openapi('HatcheryCredential');

export const HatcheryExpected = z
  .object({
    items: z
      .array(
        z.object({
          id: z.string(),
          user: z.string().openapi({ description: 'As it is, not escaped for HTML' }),
          phase: z.enum(PHASES),
          updatedAt: time,
        }),
      )
      .readonly(),
    nextCursor: z.string().nullable(),
  })
  .openapi('HatcheryExpected');

/** Of a termination that is meant for what its caller saw. */
export const unchangedSince = z.iso
  .datetime()
  .optional()
  .openapi({
    description:
      'Only if nothing has happened to the workspace since: its `updatedAt` as you saw it. Where an operation has begun, ' +
      'or a key was handed out, meanwhile, the answer is 412 and nothing is done.',
  });

export const ContainerCredentials = z
  .object({
    AccessKeyId: z.string(),
    SecretAccessKey: z.string(),
    Token: z.string(),
    Expiration: z.iso.datetime(),
  })
  .openapi('ContainerCredentials');

const user = z.string().min(1).max(256).openapi({ example: 'test@example.com' });

export const LaunchBody = z
  .strictObject({
    user: user.optional(),
    profile: z.string().min(1).max(128).optional(),
    nextflow: NextflowBodySchema.optional(),
    payModel: PayModelSchema.nullish(),
  })
  .openapi('LaunchWorkspace');

/** What there is to tell of a plan of any kind. */
export const planned = {
  steps: z
    .array(
      z.object({
        name: z.string(),
        makes: z
          .array(z.object({ type: z.string().openapi({ example: 'AWS::Batch::JobQueue' }), name: z.string() }))
          .readonly(),
      }),
    )
    .readonly(),
  documents: z
    .array(z.object({ name: z.string(), kind: z.enum(['permissions', 'trust']), document: z.unknown() }))
    .readonly()
    .openapi({ description: 'IAM documents, and the policy of the bucket' }),
  quota: z.object({
    fits: z.boolean().nullable().openapi({ description: 'Null where nobody could count in time' }),
    places: z
      .array(
        z.object({
          counts: z.string().openapi({ example: 'job queues' }),
          raise: z
            .string()
            .nullable()
            .openapi({ description: 'The quota in Service Quotas; null: AWS raises it for nobody' }),
          used: z.int(),
          limit: z.int(),
          wanted: z.int(),
          fits: z.boolean(),
        }),
      )
      .readonly(),
  }),
  standingCost: z.object({
    currency: z.literal('USD'),
    perMonth: z.number().nullable(),
    items: z.array(z.object({ what: z.string(), perMonth: z.number().nullable() })).readonly(),
    prices: z.string(),
  }),
};

export const LaunchPlanBody = z
  .object({
    id: z.string(),
    user: z.string(),
    environment: z.string(),
    account: z.string(),
    region: z.string(),
    profile: z.string().nullable(),
    ...planned,
  })
  .openapi('LaunchPlan');

export const HatcheryLaunchBody = z
  .strictObject({
    ...HATCHERY_USER,
    nextflow: NextflowBodySchema,
    nextflowGlobal: NextflowGlobalSchema.nullish(),
    payModel: PayModelSchema.nullish(),
  })
  .openapi('HatcheryLaunch');

export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code,
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    operation: Operation.nullable().optional(),
    leftovers: z.array(Leftover).optional(),
  })
  .openapi('Problem');

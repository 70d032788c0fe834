/** The shape of a compute environment, for validation and for the OpenAPI document alike. */
import { z } from '@hono/zod-openapi';
import { ComputeBodySchema } from '#config/compute/body.ts';
import type { ComputeConfig } from '#domain/compute/config.ts';
import { ON_FAILURE } from '#domain/compute/input.ts';
import type { Pool } from '#domain/compute/pools.ts';
import { COMPUTE_PHASES, COMPUTE_STATUSES } from '#domain/compute/view.ts';
import { idempotencyKey } from '../openapi.ts';
import { Leftover, planned, progress, Step, time } from '../schemas.ts';
import type { PhasePolicies } from './policies.ts';

export const ComputeId = z
  .string()
  .min(1)
  .max(512)
  .openapi({
    param: { name: 'id', in: 'path' },
    example: 'localhost.k3v9q0x7m2c8b5n1z6d4',
    description: '`<H>.<forge id>`, or the forge id alone',
  });

const Place = z.object({ name: z.string(), arn: z.string() });

const Outputs = z
  .object({
    pools: z
      .array(
        z.object({
          name: z.string(),
          label: z.string().nullable().openapi({ description: 'Which tasks go there; null: those without one' }),
          queue: Place,
          environment: Place.nullable().openapi({ description: 'Null of a tenant' }),
          imageId: z.string().nullable(),
        }),
      )
      .readonly(),
    headQueue: z.string(),
    computeQueue: z.string(),
    headJobRole: z.string().nullable(),
    computeJobRole: z.string().nullable(),
    executionRole: z.string().nullable(),
    instanceProfile: z.string().nullable(),
    logGroup: z.string(),
    shareIdentifier: z.string().nullable().openapi({ description: 'Of jobs, where instances are shared' }),
    efsId: z.string().nullable(),
    lustre: z.object({ id: z.string(), dnsName: z.string(), mountName: z.string() }).nullable(),
  })
  .openapi('ComputeOutputs');

const Ledger = z
  .array(z.record(z.string(), z.string()).readonly())
  .readonly()
  .openapi({ example: [{ BatchQueue: 'arn:aws:batch:us-east-1:111122223333:job-queue/TowerForge-…-work' }] });

const environment = {
  id: z.string(),
  forgeId: z.string().openapi({ description: 'Part of all names, and the id in Seqera’s API' }),
  name: z.string(),
  description: z.string().nullable(),
  platform: z.literal('aws-batch'),
  phase: z.enum(COMPUTE_PHASES),
  status: z.enum(COMPUTE_STATUSES).openapi({ description: 'Seqera’s' }),
  message: z.string().nullable().openapi({ description: 'Why it is degraded or has failed' }),
  environment: z.string(),
  account: z.string(),
  region: z.string(),
  labels: z.record(z.string(), z.string()).readonly(),
  primary: z.boolean(),
  config: z.custom<ComputeConfig>().openapi({ type: 'object', description: 'All options, defaults filled in' }),
  outputs: Outputs.nullable().openapi({ description: 'What others may refer to, once it is available' }),
  forgedResources: Ledger,
  deletedResources: Ledger,
  retained: z.array(Leftover).readonly().openapi({ description: 'What a deletion has left because it was asked to' }),
  canaries: z
    .array(
      z.object({
        queue: z.string(),
        state: z.enum(['succeeded', 'failed', 'timed-out']),
        reason: z.string().nullable(),
        at: time,
      }),
    )
    .readonly(),
  lastValidated: time.nullable(),
  ...progress,
};

export const ComputeBody = z.object({ ...environment, steps: z.array(Step).readonly() }).openapi('ComputeEnvironment');

const ComputeItem = z.object(environment).openapi('ComputeEnvironmentItem');

export const ComputeListBody = z
  .object({ items: z.array(ComputeItem).readonly(), nextCursor: z.string().nullable() })
  .openapi('ComputeEnvironmentList');

export const IdempotencyKey = idempotencyKey(
  'The same call, made again by the same caller, is about the same environment',
);

const Options = z.looseObject({}).openapi({
  type: 'object',
  description: 'As Seqera’s API has it, with `forge` and, for what Tower Forge has no option for, `eyrie`',
});

/** Which members it has is checked where it is parsed, which knows the nearest one of a misspelt one. */
export const ComputeRequestBody = z
  .looseObject({})
  .openapi(
    'ComputeEnvironmentRequest',
    z.toJSONSchema(ComputeBodySchema, { io: 'input', unrepresentable: 'any' }) as object,
  );

const account = z.strictObject({
  id: z.string(),
  roleArn: z.string().nullish(),
  externalId: z.string().nullish(),
});

/** What an export says: a body for a create. */
export const ComputeExport = z
  .custom<Readonly<Record<string, unknown>>>()
  .openapi('ComputeEnvironmentExport', { type: 'object' });

export const ComputePatchBody = z
  .strictObject({
    name: z.string().optional(),
    description: z.string().nullish(),
    platform: z.literal('aws-batch').optional(),
    labels: z.unknown().optional(),
    config: Options.optional(),
    account: account.nullish(),
    onFailure: z.enum(ON_FAILURE).optional(),
  })
  .openapi('ComputeEnvironmentPatch');

export const Policies = z
  .array(z.custom<PhasePolicies>().openapi({ type: 'object' }))
  .readonly()
  .openapi({ example: [{ phase: 'create', documents: [{ Version: '2012-10-17', Statement: [] }] }] as never });

const { steps: _, ...alike } = planned;

export const ComputePlanBody = z
  .object({
    id: z.string(),
    forgeId: z.string(),
    name: z.string(),
    environment: z.string(),
    account: z.string(),
    region: z.string(),
    pools: z.array(z.custom<Pool>().openapi({ type: 'object' })).readonly(),
    steps: z
      .array(
        z.object({
          name: z.string(),
          after: z.array(z.string()).readonly().openapi({ description: 'Steps that it waits for' }),
          makes: z.array(z.object({ type: z.string(), name: z.string() })).readonly(),
        }),
      )
      .readonly(),
    ...alike,
    policies: Policies,
    notes: z.array(z.string()).readonly(),
  })
  .openapi('ComputeEnvironmentPlan');

/** Shapes of Seqera Platform's API, as far as its clients need them for compute environments. */
import { z } from '@hono/zod-openapi';
import { COMPUTE_STATUSES } from '#domain/compute/view.ts';
import { refusal } from './refusal.ts';

export const ForgeId = z
  .string()
  .min(1)
  .max(128)
  .openapi({
    param: { name: 'id', in: 'path' },
    example: 'k3v9q0x7m2c8b5n1z6d4',
    description: 'Of the compute environment, without `<H>.`',
  });

/** Eyrie has no workspaces of Seqera's: whichever is named, the environments are the same. */
export const workspace = {
  workspaceId: z.string().max(64).optional().openapi({ description: 'Left out of account', example: '1' }),
  attributes: z
    .string()
    .max(256)
    .optional()
    .openapi({ description: 'Left out of account: all are told', example: 'labels' }),
};

export const Status = z.enum(COMPUTE_STATUSES).openapi({ description: 'Seqera’s seven states', example: 'AVAILABLE' });

export const CreateBody = z
  .looseObject({ computeEnv: z.looseObject({}) })
  .openapi('SeqeraCreateComputeEnv', { description: 'Seqera’s `CreateComputeEnvRequest`' });

export const CreatedBody = z.object({ computeEnvId: z.string() }).openapi('SeqeraComputeEnvCreated');

/** A record of theirs: what it holds is told by Seqera's own documentation. */
export const Described = z
  .object({ computeEnv: z.custom<Readonly<Record<string, unknown>>>().openapi({ type: 'object' }) })
  .openapi('SeqeraComputeEnv');

export const Listed = z
  .object({
    computeEnvs: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          platform: z.string(),
          status: Status,
          message: z.string().nullable(),
          lastUsed: z.string().nullable(),
          primary: z.boolean().nullable(),
          workspaceName: z.string().nullable(),
          visibility: z.string().nullable(),
          credentialsId: z.string(),
          region: z.string(),
          workDir: z.string(),
        }),
      )
      .readonly(),
  })
  .openapi('SeqeraComputeEnvs');

export const UpdateBody = z
  .looseObject({ name: z.string().nullish(), description: z.string().nullish() })
  .openapi('SeqeraUpdateComputeEnv', { description: 'Seqera’s `UpdateComputeEnvRequest`' });

export const Verdict = z
  .object({
    status: Status,
    message: z.string().nullable(),
    transientError: z.boolean().openapi({ description: 'It could not be told in time: the status is what it was' }),
  })
  .openapi('SeqeraValidateComputeEnv');

export const LabelList = z
  .object({
    labels: z
      .array(
        z.object({
          id: z.int(),
          name: z.string(),
          value: z.string(),
          resource: z.literal(true),
          isDefault: z.literal(false),
        }),
      )
      .readonly(),
    totalSize: z.int().openapi({ description: 'Of all that fit, whatever `max` and `offset` are' }),
  })
  .openapi('SeqeraLabels');

/** A problem of this API, with what Seqera's clients show of it. */
export const SeqeraError = z.looseObject({ message: z.string() }).openapi('SeqeraError');

/** 409; what else may be answered is the same at all routes (document.ts). */
export const CONFLICT = { 409: refusal(409, ['Conflict', 'DisposeFirst', 'NotReady', 'OperationInProgress']) };

export const DONE = { description: 'Done' } as const;

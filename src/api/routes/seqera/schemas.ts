/** Shapes of Seqera Platform's API, as far as its clients need them for compute environments. */
import { z } from '@hono/zod-openapi';
import { COMPUTE_STATUSES } from '#domain/compute/view.ts';

export const ForgeId = z
  .string()
  .min(1)
  .max(128)
  .openapi({ param: { name: 'id', in: 'path' }, example: 'k3v9q0x7m2c8b5n1z6d4' });

/** Eyrie has no workspaces of Seqera's: whichever is named, the environments are the same. */
export const workspace = { workspaceId: z.string().max(64).optional(), attributes: z.string().max(256).optional() };

export const Status = z.enum(COMPUTE_STATUSES);

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

const refusal = (description: string) => ({
  description,
  content: { 'application/json': { schema: z.looseObject({ message: z.string() }).openapi('SeqeraError') } },
});

const REFUSALS = {
  400: refusal('Not valid'),
  401: refusal('The token is missing or not valid'),
  403: refusal('It is not there, or the caller may not deal with it'),
  405: refusal('Not with this method'),
  409: refusal('The name is in use, or the state does not allow it'),
  503: refusal('A service behind the API does not answer'),
} as const;

type RefusalStatus = keyof typeof REFUSALS;

export const refusals = <S extends RefusalStatus>(...statuses: readonly S[]) =>
  Object.fromEntries(
    [401, 403, 503, ...statuses].map((status) => [status, REFUSALS[status as RefusalStatus]]),
  ) as Record<S | 401 | 403 | 503, ReturnType<typeof refusal>>;

export const DONE = { description: 'Done' } as const;

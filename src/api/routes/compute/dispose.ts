import { createRoute, z } from '@hono/zod-openapi';
import { ComputeBody, ComputeId } from '../../compute/schemas.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';

/** 30 days. */
const DRAIN_MINUTES_MAX = 43_200;

const Flag = z.enum(['true', 'false']).optional();

const route = createRoute({
  method: 'delete',
  path: '/v1/compute-environments/{id}',
  operationId: 'disposeComputeEnvironment',
  summary: 'Delete a compute environment and all that was made for it',
  description:
    'Also in the middle of a create, which is unwound first. Safe to repeat; a stronger wish takes the place of a weaker one. ' +
    'It ends as `deleted`, with nothing left, as `retained` where `disposeOnDeletion` is false, or as `failed-dirty` with a list. One that is ' +
    'shared is refused while others run in it.',
  security: BEARER,
  request: {
    params: z.object({ id: ComputeId }),
    query: z.strictObject({
      force: Flag.openapi({
        description:
          'Nobody but operators sees it from now on, and the removal goes on by itself. Of one whose status is ERRORED, INVALID or DELETING.',
      }),
      jobs: z.enum(['drain', 'terminate']).default('drain').openapi({
        description: 'Jobs that are under way end first, for so long as a drain waits, or are ended at once',
      }),
      data: z
        .enum(['confirm'])
        .optional()
        .openapi({ description: 'File systems may go although they are not empty, where `dataGuard` is `delete`' }),
      drainMinutes: z.coerce.number().int().min(1).max(DRAIN_MINUTES_MAX).optional().openapi({
        description: 'How long jobs that are under way may take. Default: `compute.drainMinutes`',
        example: 60,
      }),
    }),
  },
  responses: {
    202: json(ComputeBody, 'Asked for, or it was deleted before'),
    ...problems('NotFound', 'DisposeFirst', 'OperationInProgress'),
  },
});

export const registerDisposeCompute = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { id } = c.req.valid('param');
    const { force, jobs, data, drainMinutes } = c.req.valid('query');
    const located = await compute.authorise(principal, id);
    const wish = { force: force === 'true', jobs, dataConfirmed: data === 'confirm', drainMinutes };
    await compute.dispose(located, wish, principal);
    // Once more by what is known of it: the caller may see it no more.
    const now = (await compute.locate(located.id)) ?? located;
    return c.json(await compute.show(now, principal), 202);
  });
};

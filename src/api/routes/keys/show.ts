import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { noSuchHolder } from '../../keys/show.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { scopeOf } from '../../principal.ts';

const time = z.string().openapi({ format: 'date-time' });

const KeyHolder = z
  .object({
    id: z.string(),
    user: z.string(),
    role: z.enum(['user', 'system']),
    keys: z.array(
      z.object({
        id: z.string(),
        state: z.enum(['made', 'active', 'retiring', 'inactive']),
        createdAt: time,
        expiresAt: time.nullable(),
        status: z.string(),
        tasks: z.array(z.object({ task: z.string(), takenAt: time, until: time })).openapi({
          description: 'Tasks that were given this key and are not known to have ended; a hundred at most.',
        }),
      }),
    ),
    former: z.array(z.object({ id: z.string(), removedAt: time, why: z.string() })),
    updatedAt: time,
  })
  .openapi('KeyHolder');

const route = createRoute({
  method: 'get',
  path: '/v1/key-holders/{id}',
  operationId: 'showKeyHolder',
  summary: "Show a user's access keys, or the system keys of their tasks",
  description: 'For operators. The id is `<H>.<user id>`, or `<H>.<user id>-bot` for system keys.',
  security: BEARER,
  request: {
    params: z.object({
      id: z
        .string()
        .min(1)
        .max(512)
        .openapi({ param: { name: 'id', in: 'path' }, example: 'localhost.7-bot' }),
    }),
  },
  responses: { 200: json(KeyHolder, 'The keys, without their secrets'), ...problems(404, 422) },
});

export const registerShowKeyHolder = (app: App, { showKeyHolder }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    // As if missing: who holds keys is nobody else's to know.
    if (!showKeyHolder || scopeOf(principalOf(c), 'seeKeyHolders') === 'no') throw noSuchHolder();
    return c.json(await showKeyHolder(c.req.valid('param').id), 200);
  });
};

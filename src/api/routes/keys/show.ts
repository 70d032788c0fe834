import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDeps, App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { KeyHolder, KeyHolderId, requireKeyHolders } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/key-holders/{id}',
  operationId: 'showKeyHolder',
  summary: "Show a user's access keys, or the system keys of their tasks",
  description: 'The id is `<H>.<user id>`, or `<H>.<user id>-bot` for system keys.',
  security: BEARER,
  request: { params: z.object({ id: KeyHolderId }) },
  responses: { 200: json(KeyHolder, 'The keys, without their secrets'), ...problems('NotFound') },
});

export const registerShowKeyHolder = (app: App, deps: Pick<ApiDeps, 'keyHolders'>): void => {
  app.openapi(route, async (c) => {
    const holders = requireKeyHolders(c, deps, 'seeKeyHolders');
    return c.json(await holders.show(c.req.valid('param').id), 200);
  });
};

import { createRoute } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { requireRight } from '../../principal.ts';
import { Sweep } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/sweeps/latest',
  operationId: 'showLatestSweep',
  summary: 'What is left over',
  description: 'The latest sweep by hand, and the latest report.',
  security: BEARER,
  responses: { 200: json(Sweep, 'As far as there are any') },
});

export const registerLatestSweep = (app: App, { sweeps }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    requireRight(principalOf(c), 'sweeps');
    return c.json(await sweeps.show(), 200);
  });
};

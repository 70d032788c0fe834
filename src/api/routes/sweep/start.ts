import { createRoute } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { StartSweep, Sweep } from './schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/sweeps',
  operationId: 'startSweep',
  summary: 'Look for what is left over',
  description: 'Without `apply` nothing is taken. One at a time.',
  security: BEARER,
  request: { body: jsonBody(StartSweep, 'Where, and whether to take what is found') },
  responses: { 202: json(Sweep, 'Begun', 'Location'), ...problems('OperationInProgress') },
});

export const registerStartSweep = (app: App, { sweeps }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    requireRight(principal, 'sweeps');
    const { account = null, ...wanted } = c.req.valid('json');
    const sweep = await sweeps.start({ ...wanted, account }, renderPrincipal(principal));
    return c.json(sweep, 202, { Location: '/v1/sweeps/latest' });
  });
};

import { createRoute } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { requireTes, type TesDeps } from './deps.ts';
import { ServiceInfo } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/ga4gh/tes/v1/service-info',
  operationId: 'tesServiceInfo',
  summary: 'What the TES server says of itself',
  description: 'As the TES server behind the API answers it.',
  security: BEARER,
  responses: { 200: json(ServiceInfo, 'Its own words'), ...problems(400, 502) },
});

export const registerTesServiceInfo = (app: App, tes: TesDeps | undefined): void => {
  app.openapi(route, async (c) => c.json(await requireTes(tes).service.serviceInfo(), 200));
};

import { createRoute } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { requireRight } from '../../principal.ts';
import { ScheduleList } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/schedules',
  operationId: 'listSchedules',
  summary: 'What is done again and again by itself',
  description: 'When each schedule runs next, and how its last runs ended.',
  security: BEARER,
  responses: { 200: json(ScheduleList, 'Those of this environment') },
});

export const registerListSchedules = (app: App, { schedules }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    requireRight(principalOf(c), 'schedules');
    return c.json({ items: await schedules.list() }, 200);
  });
};

import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { refuseWith400, requireTes, type TesDeps } from './deps.ts';
import { Task, TaskId, View } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/ga4gh/tes/v1/tasks/{id}',
  operationId: 'tesGetTask',
  summary: 'Show a task',
  description: 'As the TES server has it, to whoever may see it.',
  security: BEARER,
  request: { params: z.object({ id: TaskId }), query: z.object({ view: View }) },
  responses: { 200: json(Task, 'The task, in the view that was asked for'), ...problems(400, 'NotFound', 502) },
});

export const registerShowTask = (app: App, tes: TesDeps | undefined): void => {
  app.openapi(
    route,
    async (c) => {
      const { service, identify } = requireTes(tes);
      const caller = await identify(c.req.header('authorization'));
      return c.json(await service.show(caller, c.req.valid('param').id, c.req.valid('query').view), 200);
    },
    refuseWith400,
  );
};

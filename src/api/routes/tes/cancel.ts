import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';
import { requireTes, type TesDeps } from './deps.ts';
import { TaskCancelled, TaskId } from './schemas.ts';

/** The document's way to write a path that no router knows: a parameter with a word after it. */
const documented = createRoute({
  method: 'post',
  path: '/ga4gh/tes/v1/tasks/{id}:cancel',
  operationId: 'tesCancelTask',
  summary: 'Cancel a task',
  description: 'Safe to repeat.',
  security: BEARER,
  request: { params: z.object({ id: TaskId }) },
  responses: { 200: json(TaskCancelled, 'It is being cancelled, or had ended'), ...problems('NotFound', 502) },
});

const WORD = ':cancel';

export const registerCancelTask = (app: App, tes: TesDeps | undefined): void => {
  app.openAPIRegistry.registerPath(documented);
  app.post(`/ga4gh/tes/v1/tasks/:id{.+${WORD}}`, async (c) => {
    const { service, identify } = requireTes(tes);
    const caller = await identify(c.req.header('authorization'));
    // With a slash before the word, too, as gen3-workflow has it.
    const id = c.req.param('id').slice(0, -WORD.length).replace(/\/$/, '');
    if (id === '' || id.includes('/')) throw new ApiProblem('NotFound', 'there is no such task');
    return c.json(await service.cancel(caller, id), 200);
  });
};

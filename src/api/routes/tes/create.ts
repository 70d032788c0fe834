import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, idempotencyKey, json, jsonBody, problems } from '../../openapi.ts';
import { refuseWith400, requireTes, type TesDeps } from './deps.ts';
import { TaskBody, TaskCreated } from './schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/ga4gh/tes/v1/tasks',
  operationId: 'tesCreateTask',
  summary: 'Create a task',
  description:
    "Its images have to be among the allowed ones, its files on S3 in the caller's bucket. " +
    'With an `Idempotency-Key` the same call made again gives the same task.',
  security: BEARER,
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey('The same call made again gives the same task') }),
    body: jsonBody(TaskBody, 'The task'),
  },
  responses: { 200: json(TaskCreated, 'It is made'), ...problems(400, 'Invalid', 502, 'OperationInProgress') },
});

export const registerCreateTask = (app: App, tes: TesDeps | undefined): void => {
  app.openapi(
    route,
    async (c) => {
      const { service, identify } = requireTes(tes);
      const id = await service.create({
        caller: await identify(c.req.header('authorization')),
        task: c.req.valid('json'),
        idempotencyKey: c.req.valid('header')['idempotency-key'],
      });
      return c.json({ id }, 200);
    },
    refuseWith400,
  );
};

import { createRoute } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { LaunchBody, LaunchPlanBody } from '../../schemas.ts';
import { bearerOf } from './bearer.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces/plan',
  operationId: 'planWorkspace',
  summary: 'Say what a launch would make',
  description:
    'Takes what a launch takes, and refuses what it would refuse at once. Names, IAM documents, places in the ' +
    "account's quotas, and what it costs while nothing runs. Nothing is made, and no place is taken.",
  security: BEARER,
  request: { body: jsonBody(LaunchBody, 'As for a launch') },
  responses: { 200: json(LaunchPlanBody, 'What a launch would make'), ...problems('PayModelInactive', 'NameTooLong') },
});

export const registerPlanWorkspace = (app: App, { workspaces }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { payModel, ...body } = c.req.valid('json');
    const request = { ...body, payModel: payModel ?? undefined, token: bearerOf(c.req.header('authorization')) };
    return c.json(await workspaces.plan(principalOf(c), request), 200);
  });
};

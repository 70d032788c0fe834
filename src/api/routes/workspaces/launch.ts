import { createRoute } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { LaunchBody, Workspace } from '../../schemas.ts';
import { bearerOf } from './bearer.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/workspaces',
  operationId: 'launchWorkspace',
  summary: 'Launch a workspace',
  description:
    'The same request during a launch joins it. A running workspace is converged and gets a fresh key, ' +
    'unless its last one has not been claimed yet.',
  security: BEARER,
  request: {
    body: jsonBody(LaunchBody, 'A configured profile; or, for service clients and operators, a nextflow block'),
  },
  responses: {
    202: json(Workspace, 'The launch is in progress, or there is nothing to do', 'Location'),
    ...problems('PayModelInactive', 'NameTooLong', 'Conflict', 'DisposeFirst', 'OperationInProgress'),
  },
});

export const registerLaunchWorkspace = (app: App, { workspaces, metrics }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { payModel, ...body } = c.req.valid('json');
    const { id, started } = await workspaces.launch(principal, {
      ...body,
      payModel: payModel ?? undefined,
      token: bearerOf(c.req.header('authorization')),
    });
    metrics.launched(started ? 'started' : 'joined');
    const located = await workspaces.authorise(principal, 'read', id);
    return c.json(await workspaces.show(located), 202, { Location: `/v1/workspaces/${encodeURIComponent(id)}` });
  });
};

import { createRoute, z } from '@hono/zod-openapi';
import { withAwsEndpoint } from '#domain/core/nextflow-endpoint.ts';
import { configOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';
import { WorkspaceId } from '../../schemas.ts';
import { operationOf } from '../../subjects/enrich.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces/{id}/nextflow.config',
  operationId: 'showNextflowConfig',
  summary: 'The Nextflow configuration of a workspace',
  description: 'Queue, job role, working directory and encryption; without credentials.',
  security: BEARER,
  request: { params: z.object({ id: WorkspaceId }) },
  responses: {
    200: { description: 'It works as it is', content: { 'text/plain': { schema: z.string() } } },
    ...problems('NotFound', 'NotReady'),
  },
});

export const registerNextflowConfig = (app: App, { workspaces, awsEndpoint }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const { id, record, run } = await workspaces.authorise(principalOf(c), 'read', c.req.valid('param').id);
    const config = configOf(record);
    if (config) return c.text(withAwsEndpoint(config, awsEndpoint), 200);
    const operation = run?.running ? operationOf(run) : null;
    const why = operation ? `${operation.type} is in progress` : reasonOf(record);
    throw new ApiProblem('NotReady', `${id} has no configuration: ${why}`, { operation });
  });
};

const reasonOf = (record: WorkspaceRecord | undefined): string =>
  record?.phase === 'disposed' ? 'it is disposed of' : 'none of its launches has succeeded';

import { createRoute, z } from '@hono/zod-openapi';
import { escapeUser } from '#domain/core/escaping.ts';
import { withAwsEndpoint } from '#domain/core/nextflow-endpoint.ts';
import { subjectId } from '#domain/core/subject.ts';
import { configOf } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, problems } from '../../openapi.ts';
import { requireUser } from '../../principal.ts';
import { ApiProblem } from '../../problems.ts';
import { HATCHERY_USER_QUERY, hatcheryUser } from './hatchery-user.ts';

const route = createRoute({
  method: 'get',
  path: '/hatchery/nextflow-config',
  operationId: 'hatcheryNextflowConfig',
  summary: "Hatchery's generateNextflowConfig",
  description: 'What a pod of this user mounts as its nextflow.config; without credentials.',
  security: BEARER,
  request: { query: z.strictObject(HATCHERY_USER_QUERY) },
  responses: {
    200: { description: 'The configuration', content: { 'text/plain': { schema: z.string() } } },
    ...problems('NotFound'),
  },
});

export const registerHatcheryNextflowConfig = (app: App, { workspaces, environment, awsEndpoint }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const user = hatcheryUser(c.req.valid('query'));
    requireUser(principalOf(c), 'read', user);
    const located = await workspaces.locate(
      subjectId(workspaceSubject({ environment, escapedUser: escapeUser(user) })),
    );
    const config = located?.user === user ? configOf(located.record) : null;
    if (!config) throw new ApiProblem('NotFound', 'this user has no Nextflow workspace');
    return c.text(withAwsEndpoint(config, awsEndpoint), 200);
  });
};

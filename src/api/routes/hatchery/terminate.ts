import { createRoute, z } from '@hono/zod-openapi';
import { escapeUser } from '#domain/core/escaping.ts';
import { subjectId } from '#domain/core/subject.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { requireUser } from '../../principal.ts';
import { unchangedSince, Workspace } from '../../schemas.ts';
import { HATCHERY_USER, hatcheryUser } from './hatchery-user.ts';

const Body = z.strictObject({ ...HATCHERY_USER, unchangedSince }).openapi('HatcheryTerminate');

const route = createRoute({
  method: 'post',
  path: '/hatchery/terminate',
  operationId: 'hatcheryTerminate',
  summary: "Hatchery's cleanUpNextflowResources",
  description:
    'Parks the workspace. Safe to call for every workspace that ends: for a user who never ran Nextflow the answer is 204.',
  security: BEARER,
  request: { body: jsonBody(Body, 'Whose') },
  responses: {
    202: json(Workspace, 'The workspace is being parked, or is parked', 'Location'),
    204: { description: 'There is nothing to park' },
    ...problems('OperationInProgress', 'PreconditionFailed'),
  },
});

export const registerHatcheryTerminate = (app: App, { workspaces, environment }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    const { unchangedSince: since, ...whose } = c.req.valid('json');
    const user = hatcheryUser(whose);
    requireUser(principal, 'terminate', user);
    const id = subjectId(workspaceSubject({ environment, escapedUser: escapeUser(user) }));
    const located = await workspaces.locate(id);
    const nothing = !located?.run?.running && (!located?.record || located.record.phase === 'disposed');
    if (!located || located.user !== user || nothing) return c.body(null, 204);
    await workspaces.terminate(principal, located, 'park', since);
    const view = await workspaces.show((await workspaces.locate(id)) ?? located);
    return c.json(view, 202, { Location: `/v1/workspaces/${encodeURIComponent(id)}` });
  });
};

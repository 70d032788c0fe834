import { createRoute, z } from '@hono/zod-openapi';
import { parseSubjectId } from '#domain/core/subject.ts';
import type { ApiDeps, App } from '../../deps.ts';
import { json } from '../../openapi.ts';
import { type ApiProblem, isInternal, problemOf, renderProblem } from '../../problems.ts';
import { ContainerCredentials, ProblemBody, WorkspaceId } from '../../schemas.ts';
import { unauthorised } from '../../unauthorised.ts';

/** A problem as any other, and what SDKs show of it: each looks for its own spelling. */
const Refusal = ProblemBody.extend({ message: z.string(), Code: z.string(), Message: z.string() }).openapi(
  'ContainerCredentialsRefusal',
);

const refused = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Refusal } },
});

const route = createRoute({
  method: 'get',
  path: '/v1/workspaces/{id}/aws-credentials',
  operationId: 'getWorkspaceCredentials',
  summary: 'Credentials of a workspace in the form that AWS SDKs refresh by themselves',
  description:
    'A session of the workspace’s role, for the token that the claim hands out: sent as `Authorization`, with or without `Bearer`. ' +
    'AWS_CONTAINER_CREDENTIALS_FULL_URI is this address, AWS_CONTAINER_AUTHORIZATION_TOKEN the token.',
  security: [{ workspaceToken: [] }],
  request: { params: z.object({ id: WorkspaceId }) },
  responses: {
    200: json(ContainerCredentials, 'A session of at most an hour'),
    401: refused('The token is none of this workspace, or was taken back'),
    503: refused('No session can be had now; try again after `Retry-After`'),
  },
});

/** Where no bearer token of the issuer is asked for. */
export const WORKSPACE_CREDENTIALS_PATH = /^\/v1\/workspaces\/[^/]+\/aws-credentials$/;

export const registerWorkspaceCredentials = (app: App, { sessions, environment, log }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    c.header('cache-control', 'no-store');
    const { id } = c.req.valid('param');
    const subject = parseSubjectId('workspace', id);
    const token = /^(?:Bearer +)?(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    try {
      const isOurs = subject?.environment === environment && token !== undefined;
      const session = isOurs ? await sessions(subject, token) : undefined;
      if (!session) throw unauthorised('the token is none of this workspace, or was taken back');
      return c.json(session, 200);
    } catch (error) {
      const problem = problemOf(error);
      if (isInternal(problem)) log.warn({ requestId: c.get('requestId'), workspace: id, error }, 'no session');
      // Its type is that of a problem with more members.
      return (await forSdks(renderProblem(c, problem), problem)) as never;
    }
  });
};

const forSdks = async (answer: Response, { code, message }: ApiProblem): Promise<Response> => {
  const problem = (await answer.json()) as object;
  const body = JSON.stringify({ ...problem, message, Code: code, Message: message });
  return new Response(body, { status: answer.status, headers: answer.headers });
};

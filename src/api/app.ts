/** The JSON API: one factory, no listening, so that tests speak to it without a socket. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { ApiDeps, ApiEnv, App } from './deps.ts';
import { registerGuards } from './guards.ts';
import { accessLog, jsonOnly } from './middleware.ts';
import { ApiProblem, invalidRequest, isInternal, problemOf, renderProblem } from './problems.ts';
import { isSeqeraPath, renderSeqeraProblem } from './routes/seqera/problem.ts';
import { registerRoutes } from './routes.ts';

/** Far more than any request needs, far less than hurts. */
const BODY_BYTES_MAX = 1024 * 1024;

/** The rest of the body is not read, so the connection is of no further use: a client that reused it would be cut off. */
const TOO_LARGE = { status: 413, headers: { connection: 'close' } } as const;

export const createApp = (deps: ApiDeps): App => {
  const app: App = new OpenAPIHono<ApiEnv>({
    // With a slash at its end, too, each route is there.
    strict: false,
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error.issues);
    },
  });
  app.onError((error, c) => {
    const problem = problemOf(error);
    if (isInternal(problem))
      deps.log.error({ requestId: c.get('requestId'), error, code: problem.code }, 'request failed');
    return render(c, problem);
  });
  app.notFound((c) => {
    const problem = new ApiProblem('NotFound', 'there is no such route');
    return isSeqeraPath(c.req.path) ? renderSeqeraProblem(c, problem, 404) : renderProblem(c, problem);
  });
  app.use(requestId());
  app.use(accessLog(deps));
  app.use(secureHeaders());
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  // To know the length of a body in chunks it reads it, and nothing is read of those who show no token.
  const limit = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (c) => render(c, new ApiProblem('Invalid', 'the body is over 1 MiB', TOO_LARGE)),
  });
  registerGuards(app, deps, limit);
  app.use(jsonOnly);
  registerRoutes(app, deps);
  return app;
};

const render = (c: Context<ApiEnv>, problem: ApiProblem): Response | Promise<Response> =>
  isSeqeraPath(c.req.path) ? renderSeqeraProblem(c, problem) : renderProblem(c, problem);

const refuseMethod = (c: Context<ApiEnv>, methods: readonly string[]): Response | Promise<Response> => {
  const allow = [...methods].sort().join(', ');
  return render(c, new ApiProblem('Invalid', `this route accepts ${allow} only`, { status: 405, headers: { allow } }));
};

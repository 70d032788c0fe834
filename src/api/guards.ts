/** What needs a token: that it is good is settled before anything else of a request is read. */
import type { Context, MiddlewareHandler } from 'hono';
import { COMPUTE_PATHS } from './callers.ts';
import type { ApiDeps, ApiEnv, App } from './deps.ts';
import { utf8Only } from './middleware.ts';
import { ApiProblem } from './problems.ts';
import { asProblem, bearerOf, containerTokenOf } from './routes/storage/deps.ts';
import { WORKSPACE_CREDENTIALS_PATH } from './routes/workspaces/aws-credentials.ts';

/** @param limit for the bodies of those who may send one */
export const registerGuards = (
  app: App,
  { authenticate, storage }: ApiDeps,
  limit: MiddlewareHandler<ApiEnv>,
): void => {
  const guard = (path: string, check: (c: Context<ApiEnv>) => Promise<void>): void => {
    app.use(path, async (c, next) => {
      await check(c);
      c.header('cache-control', 'no-store');
      await next();
    });
    app.use(path, limit);
    app.use(path, utf8Only);
  };
  for (const path of ['/v1/*', '/hatchery/*', '/ga4gh/*', '/seqera/*'])
    guard(path, async (c) => {
      // Its token is the workspace's, which its route checks itself.
      if (WORKSPACE_CREDENTIALS_PATH.test(c.req.path)) return;
      const principal = await authenticate(c.req.header('authorization'));
      if (principal.kind === 'service' && principal.only === 'compute' && !COMPUTE_PATHS.test(c.req.path))
        throw new ApiProblem('Denied', 'this client deals with compute environments only');
      c.set('principal', principal);
    });
  if (!storage) return;
  // Whom a token names is settled where it is used: it may be a client's that acts for a user.
  guard('/storage/*', (c) => asProblem(storage.mint.check(bearerOf(c))));
  guard('/aws/*', (c) => asProblem(storage.mint.check(containerTokenOf(c))));
};

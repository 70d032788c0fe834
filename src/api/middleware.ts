/** What happens around every route. */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from '#observability/logger.ts';
import type { Metrics } from '#observability/metrics.ts';
import type { ApiEnv } from './deps.ts';
import { renderPrincipal } from './principal.ts';
import { ApiProblem } from './problems.ts';

/** Looked at by machines every few seconds: a line each would hide the rest. */
const QUIET = new Set(['/health/live', '/health/ready', '/metrics', '/_status']);

/** One line per request, never with its body, query or headers: they may hold secrets and tokens. */
export const accessLog =
  ({ log, metrics }: { readonly log: Logger; readonly metrics: Metrics }): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const began = performance.now();
    await next();
    const durationMs = performance.now() - began;
    const { method, path } = c.req;
    const pattern = routePath(c, -1);
    const route = pattern === '/*' || pattern === '*' ? 'unknown' : pattern;
    metrics.request({ method, route, status: c.res.status }, durationMs / 1000);
    if (QUIET.has(route)) return;
    const principal = c.get('principal');
    log.info(
      {
        requestId: c.get('requestId'),
        method,
        path,
        route,
        status: c.res.status,
        durationMs: Math.round(durationMs),
        ...(principal && { caller: renderPrincipal(principal) }),
      },
      'request answered',
    );
  };

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are none would all be read as the same character, and two names become one. */
export const utf8Only: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.method !== 'GET' && JSON_TYPE.test(c.req.header('content-type') ?? '')) {
    const body = await c.req.arrayBuffer();
    try {
      UTF_8.decode(body);
    } catch {
      throw new ApiProblem('Invalid', 'the body is not UTF-8', { status: 400 });
    }
  }
  await next();
};

/** A body of another type would be taken for an empty one. */
export const jsonOnly: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { headers } = c.req.raw;
  const hasBody = headers.get('transfer-encoding') !== null || Number(headers.get('content-length') ?? 0) > 0;
  const type = headers.get('content-type') ?? '';
  if ((hasBody || type !== '') && c.req.method !== 'GET' && !JSON_TYPE.test(type)) {
    throw new ApiProblem('Invalid', 'the body must be application/json', { status: 415 });
  }
  await next();
};

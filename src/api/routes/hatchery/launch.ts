import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, idempotencyKey, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { HatcheryCredential, HatcheryLaunchBody, Workspace } from '../../schemas.ts';
import { createAwaitLaunch, parseWait, RETRY_AFTER_SECONDS } from '../../workspaces/await-launch.ts';
import { renderClaim } from '../../workspaces/claim.ts';
import { hatcheryUser } from './hatchery-user.ts';

/** A launch that failed is answered with its own problem, whatever that is. */
const OF_A_LAUNCH = [
  'PayModelInactive',
  'NameTooLong',
  'ComputeEnvironmentInvalid',
  'Conflict',
  'DisposeFirst',
  'OperationInProgress',
  'QuotaExceeded',
  'SealUnreadable',
  'StepAbandoned',
  'AlreadyExists',
  'Cancelled',
  'LaunchOver',
  'NotReady',
  'AlreadyClaimed',
] as const;

const route = createRoute({
  method: 'post',
  path: '/hatchery/launch',
  operationId: 'hatcheryLaunch',
  summary: "Hatchery's createNextflowResources",
  description:
    'Launches and claims in one call. `Prefer: wait=N` waits up to N seconds, also for a removal that is under way. ' +
    'A call during a launch joins it, ' +
    'and all calls that joined get the same key for ten minutes; then 410. ' +
    'An `Idempotency-Key` stands for one workspace start: once the key was handed out, only a new one launches again.',
  security: BEARER,
  request: {
    headers: z.object({
      prefer: z.string().max(256).optional().openapi({
        description: '`wait=N`: answers when the key is there, or after N seconds; 900 at most',
        example: 'wait=60',
      }),
      'idempotency-key': idempotencyKey(
        'One workspace start: once its key was handed out, only a new one launches again',
      ),
    }),
    body: jsonBody(HatcheryLaunchBody, "The user, the container's nextflow block, and the current pay model"),
  },
  responses: {
    200: json(HatcheryCredential, 'The workspace runs; this is its key'),
    202: json(Workspace, 'Still in progress: make the same call again', 'Location', 'Retry-After'),
    ...problems('NotFound', 'CompensationIncomplete', ...OF_A_LAUNCH),
  },
});

export const registerHatcheryLaunch = (app: App, deps: ApiDeps): void => {
  const awaitLaunch = createAwaitLaunch(deps);
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    requireRight(principal, 'hatcheryLaunch');
    const { nextflowGlobal, payModel, nextflow, ...whose } = c.req.valid('json');
    const headers = c.req.valid('header');
    const by = { caller: renderPrincipal(principal), idempotencyKey: headers['idempotency-key'] ?? null };
    const request = {
      user: hatcheryUser(whose),
      nextflow,
      nextflowGlobal: nextflowGlobal ?? undefined,
      payModel: payModel ?? undefined,
    };
    const waitMs = parseWait(headers.prefer);
    // What was made of the wish, since a longer wait than that is none of ours.
    if (waitMs > 0) c.header('Preference-Applied', `wait=${waitMs / 1000}`);
    const outcome = await awaitLaunch({
      principal,
      request,
      by,
      waitMs,
      signal: c.req.raw.signal,
    });
    if (outcome.key === undefined) {
      const Location = `/v1/workspaces/${encodeURIComponent(outcome.view.id)}`;
      return c.json(outcome.view, 202, { Location, 'Retry-After': RETRY_AFTER_SECONDS });
    }
    deps.metrics.claimed();
    // The region stands in the configuration.
    const { region: _, ...given } = renderClaim(outcome.key, deps.publicUrl(), outcome.view.id);
    return c.json(given, 200);
  });
};

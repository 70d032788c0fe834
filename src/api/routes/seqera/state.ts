/** What one of them is: primary, enabled, disabled, valid. */
import { createRoute, z } from '@hono/zod-openapi';
import { awaitValidation } from '../../compute/await-validation.ts';
import type { LocatedCompute } from '../../compute/kind.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { renderPrincipal } from '../../principal.ts';
import { authorise } from './render.ts';
import { CONFLICT, DONE, ForgeId, Verdict, workspace } from './schemas.ts';

const request = { params: z.object({ id: ForgeId }), query: z.looseObject(workspace) };

const primary = createRoute({
  method: 'post',
  path: '/seqera/compute-envs/{id}/primary',
  operationId: 'seqeraMakeComputeEnvPrimary',
  summary: 'Make a compute environment the primary one, as Seqera does',
  description: 'No other one is from now on.',
  security: BEARER,
  request,
  responses: { 204: DONE, ...CONFLICT },
});

const enable = createRoute({
  method: 'post',
  path: '/seqera/compute-envs/{id}/enable',
  operationId: 'seqeraEnableComputeEnv',
  summary: 'Enable a compute environment, as Seqera does',
  description: 'Nothing in AWS changes.',
  security: BEARER,
  request,
  responses: { 204: DONE, ...CONFLICT },
});

const disable = createRoute({
  method: 'post',
  path: '/seqera/compute-envs/{id}/disable',
  operationId: 'seqeraDisableComputeEnv',
  summary: 'Disable a compute environment, as Seqera does',
  description: 'Nothing in AWS changes. It is primary no more.',
  security: BEARER,
  request,
  responses: { 204: DONE, ...CONFLICT },
});

const validate = createRoute({
  method: 'post',
  path: '/seqera/compute-envs/{id}/validate',
  operationId: 'seqeraValidateComputeEnv',
  summary: 'Compare a compute environment with AWS, as Seqera does',
  description: 'Waits for the verdict for 20 seconds. `force` takes one that is INVALID for AVAILABLE without a look.',
  security: BEARER,
  request: {
    ...request,
    query: z.looseObject({
      ...workspace,
      force: z.enum(['true', 'false']).optional().openapi({ description: 'Believed, not looked at' }),
    }),
  },
  responses: { 200: json(Verdict, 'What it is'), ...CONFLICT },
});

export const registerSeqeraState = (app: App, { compute, lookEveryMs = 1_000 }: ApiDeps): void => {
  const { enable: toEnabled, disable: toDisabled, makePrimary, believe } = compute.state;
  for (const [route, change] of [
    [primary, makePrimary],
    [enable, toEnabled],
    [disable, toDisabled],
  ] as const satisfies readonly [unknown, (located: LocatedCompute) => Promise<void>][]) {
    app.openapi(route, async (c) => {
      await change(await authorise(compute, principalOf(c), c.req.valid('param').id));
      return c.body(null, 204);
    });
  }

  app.openapi(validate, async (c) => {
    const principal = principalOf(c);
    const located = await authorise(compute, principal, c.req.valid('param').id);
    if (c.req.valid('query').force === 'true') {
      await believe(located);
      return c.json({ status: 'AVAILABLE' as const, message: null, transientError: false }, 200);
    }
    await compute.validate(located, { repair: false, requestedBy: renderPrincipal(principal) });
    const { view, isOver } = await awaitValidation(compute, located, {
      everyMs: lookEveryMs,
      signal: c.req.raw.signal,
    });
    const { status, message } = view;
    return c.json({ status, message, transientError: !isOver }, 200);
  });
};

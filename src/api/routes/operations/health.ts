import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDeps, App } from '../../deps.ts';
import { json } from '../../openapi.ts';

const Ready = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) }).openapi('Readiness');

const live = createRoute({
  method: 'get',
  path: '/health/live',
  operationId: 'showLiveness',
  summary: 'This process answers',
  description: 'Never depends on a peer: for a liveness probe.',
  responses: { 200: json(z.object({ live: z.literal(true) }), 'Always, whatever its peers do') },
});

const ready = createRoute({
  method: 'get',
  path: '/health/ready',
  operationId: 'showReadiness',
  summary: 'Temporal and the control bucket answer',
  description: 'For a readiness probe. Which of them does not answer stands in `checks`.',
  responses: { 200: json(Ready, 'They do'), 503: json(Ready, 'One of them does not') },
});

const Version = z.object({ version: z.string(), commit: z.string() }).openapi('Version');

const version = createRoute({
  method: 'get',
  path: '/_version',
  operationId: 'showVersion',
  summary: 'What runs here',
  description: 'Version, and the commit where this is a checkout.',
  responses: { 200: json(Version, 'Version and commit') },
});

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } });

const status = createRoute({
  method: 'get',
  path: '/_status',
  operationId: 'showStatus',
  summary: "Readiness in a word, as Gen3's services answer it",
  description: 'As `GET /health/ready`, in plain text.',
  responses: { 200: text('Healthy'), 503: text('Unhealthy') },
});

export const registerHealth = (app: App, deps: ApiDeps): void => {
  app.openapi(live, (c) => c.json({ live: true as const }, 200));
  app.openapi(ready, async (c) => {
    const readiness = await deps.readiness();
    return c.json({ ...readiness }, readiness.ready ? 200 : 503);
  });
  app.openapi(version, (c) => c.json(deps.version, 200));
  app.openapi(status, async (c) => {
    const healthy = (await deps.readiness()).ready;
    return healthy ? c.text('Healthy', 200) : c.text('Unhealthy', 503);
  });
};

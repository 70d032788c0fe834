import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDeps, App } from '../../deps.ts';

const route = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'showMetrics',
  summary: 'Metrics of this process for Prometheus',
  description: 'Of all processes of this API, where it runs several.',
  responses: { 200: { description: 'Text format of Prometheus', content: { 'text/plain': { schema: z.string() } } } },
});

export const registerMetrics = (
  app: App,
  { metrics, metricsText = () => metrics.registry.metrics() }: ApiDeps,
): void => {
  app.openapi(route, async (c) => c.text(await metricsText(), 200, { 'content-type': metrics.registry.contentType }));
};

import type { ApiDeps, App } from '../../deps.ts';

/** Prometheus text. Left out of the OpenAPI document: it is not for callers. */
export const registerMetrics = (
  app: App,
  { metrics, metricsText = () => metrics.registry.metrics() }: ApiDeps,
): void => {
  app.get('/metrics', async (c) => c.text(await metricsText(), 200, { 'content-type': metrics.registry.contentType }));
};

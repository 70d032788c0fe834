/** Prometheus metrics of the API. The worker's come from Temporal's own runtime. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** @param route The route's pattern, never a path: a path would make a series per workspace. */
  request(labels: { method: string; route: string; status: number }, seconds: number): void;
  launched(outcome: 'started' | 'joined'): void;
  claimed(): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const createMetrics = ({ processMetrics = true }: { readonly processMetrics?: boolean } = {}): Metrics => {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'eyrie_http_requests_total',
    help: 'Requests answered, by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'eyrie_http_request_duration_seconds',
    help: 'Time to the answer, by route',
    labelNames: ['method', 'route'],
    buckets: SECONDS,
    registers: [registry],
  });
  const launches = new Counter({
    name: 'eyrie_launches_total',
    help: 'Launches asked for: started a workflow, or joined what was there',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const claims = new Counter({ name: 'eyrie_claims_total', help: 'Secrets handed out', registers: [registry] });
  return {
    registry,
    request({ method, route, status }, seconds) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    launched: (outcome) => launches.inc({ outcome }),
    claimed: () => claims.inc(),
  };
};

/** Prometheus metrics of the proxy. Labels are operation, status, code and modes: all from closed lists. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type Buckets, newBuckets, observe, registerHistogram } from './histogram.ts';
import type { UpstreamStats } from './upstream/upstream.ts';

/** What one request adds. */
export interface Observation {
  readonly operation: string;
  readonly status: number;
  readonly seconds: number;
  readonly payload: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Answered by the proxy itself with this error. */
  readonly code: string | undefined;
}

export interface S3Metrics {
  request(observation: Observation): void;
  upstream(operation: string, seconds: number): void;
  readonly unverified: Counter;
  readonly upstreamFailures: Counter<'failure'>;
  readonly drift: Counter<'kind'>;
}

export interface MetricSources {
  readonly active: () => number;
  readonly upstream: () => UpstreamStats;
}

interface OperationCounts {
  readonly statuses: Map<number, number>;
  readonly seconds: Buckets;
  readonly upstreamSeconds: Buckets;
}

export const createS3Metrics = (registry: Registry, sources: MetricSources): S3Metrics => {
  const registers = [registry];
  const operations = new Map<string, OperationCounts>();
  const codes = new Map<string, number>();
  const payloads = new Map<string, { in: number; out: number }>();

  const countsOf = (operation: string): OperationCounts => {
    let counts = operations.get(operation);
    if (!counts) {
      counts = { statuses: new Map(), seconds: newBuckets(), upstreamSeconds: newBuckets() };
      operations.set(operation, counts);
    }
    return counts;
  };

  registerGauges(registry, sources);
  new Counter({
    name: 'eyrie_s3_requests_total',
    help: 'S3 requests by operation and HTTP status',
    labelNames: ['operation', 'status'],
    registers,
    collect() {
      this.reset();
      for (const [operation, { statuses }] of operations) {
        for (const [status, count] of statuses) this.inc({ operation, status }, count);
      }
    },
  });
  new Counter({
    name: 'eyrie_s3_errors_total',
    help: 'S3 errors answered by the proxy itself, by code',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of codes) this.inc({ code }, count);
    },
  });
  new Counter({
    name: 'eyrie_s3_bytes_total',
    help: 'Body bytes by direction and payload mode',
    labelNames: ['direction', 'payload'],
    registers,
    collect() {
      this.reset();
      for (const [payload, bytes] of payloads) {
        this.inc({ direction: 'in', payload }, bytes.in);
        this.inc({ direction: 'out', payload }, bytes.out);
      }
    },
  });
  registerHistogram(registry, {
    name: 'eyrie_s3_request_seconds',
    help: 'Time from the head of the request to the end of the response',
    label: 'operation',
    series: () => [...operations].map(([operation, { seconds }]) => [operation, seconds] as const),
  });
  registerHistogram(registry, {
    name: 'eyrie_s3_upstream_seconds',
    help: 'Time from sending the request upstream to the head of its response',
    label: 'operation',
    series: () => [...operations].map(([operation, { upstreamSeconds }]) => [operation, upstreamSeconds] as const),
  });

  return {
    request({ operation, status, seconds, payload, bytesIn, bytesOut, code }) {
      const counts = countsOf(operation);
      counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
      observe(counts.seconds, seconds);
      if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
      if (bytesIn + bytesOut === 0) return;
      const bytes = payloads.get(payload);
      if (bytes) {
        bytes.in += bytesIn;
        bytes.out += bytesOut;
      } else payloads.set(payload, { in: bytesIn, out: bytesOut });
    },
    upstream: (operation, seconds) => observe(countsOf(operation).upstreamSeconds, seconds),
    unverified: new Counter({
      name: 'eyrie_s3_signature_unverified_total',
      help: 'Requests accepted on their token alone, their signature matching no known secret',
      registers,
    }),
    upstreamFailures: new Counter({
      name: 'eyrie_s3_upstream_failures_total',
      help: 'Upstream connections that failed',
      labelNames: ['failure'],
      registers,
    }),
    drift: new Counter({
      name: 'eyrie_s3_upstream_drift_total',
      help: 'The upstream denied, redirected or refused the credentials of an authorised operation: its configuration has drifted',
      labelNames: ['kind'],
      registers,
    }),
  };
};

function registerGauges(registry: Registry, { active, upstream }: MetricSources): void {
  new Gauge({
    name: 'eyrie_s3_active_requests',
    help: 'S3 requests under way',
    registers: [registry],
    collect() {
      this.set(active());
    },
  });
  new Gauge({
    name: 'eyrie_s3_upstream_connections',
    help: 'Connections to the upstream by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(upstream())) this.set({ state }, count);
    },
  });
}

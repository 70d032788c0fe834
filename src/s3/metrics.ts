/** Prometheus metrics of the proxy. Labels are operation, status class and modes: all from closed lists. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { UpstreamStats } from './upstream/upstream.ts';

export interface S3Metrics {
  readonly requests: Counter<'operation' | 'status'>;
  readonly errors: Counter<'code'>;
  readonly unverified: Counter;
  readonly bytes: Counter<'direction' | 'payload'>;
  readonly seconds: Histogram<'operation'>;
  readonly upstreamSeconds: Histogram<'operation'>;
  readonly upstreamFailures: Counter<'failure'>;
  readonly drift: Counter<'kind'>;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export interface MetricSources {
  readonly active: () => number;
  readonly upstream: () => UpstreamStats;
}

export const createS3Metrics = (registry: Registry, sources: MetricSources): S3Metrics => {
  const registers = [registry];
  new Gauge({
    name: 'eyrie_s3_active_requests',
    help: 'S3 requests under way',
    registers,
    collect() {
      this.set(sources.active());
    },
  });
  new Gauge({
    name: 'eyrie_s3_upstream_connections',
    help: 'Connections to the upstream by state',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(sources.upstream())) this.set({ state }, count);
    },
  });
  return {
    requests: new Counter({
      name: 'eyrie_s3_requests_total',
      help: 'S3 requests by operation and HTTP status',
      labelNames: ['operation', 'status'],
      registers,
    }),
    errors: new Counter({
      name: 'eyrie_s3_errors_total',
      help: 'S3 errors answered by the proxy itself, by code',
      labelNames: ['code'],
      registers,
    }),
    unverified: new Counter({
      name: 'eyrie_s3_signature_unverified_total',
      help: 'Requests accepted on their token alone, their signature matching no known secret',
      registers,
    }),
    bytes: new Counter({
      name: 'eyrie_s3_bytes_total',
      help: 'Body bytes by direction and payload mode',
      labelNames: ['direction', 'payload'],
      registers,
    }),
    seconds: new Histogram({
      name: 'eyrie_s3_request_seconds',
      help: 'Time from the head of the request to the end of the response',
      labelNames: ['operation'],
      buckets: BUCKETS,
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'eyrie_s3_upstream_seconds',
      help: 'Time from sending the request upstream to the head of its response',
      labelNames: ['operation'],
      buckets: BUCKETS,
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

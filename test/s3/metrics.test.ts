/** What Prometheus reads: counts, cumulative buckets, bounded labels; alone and added up over processes. */
import { AggregatorRegistry, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createS3Metrics } from '#s3/metrics.ts';

const make = () => {
  const registry = new Registry();
  const metrics = createS3Metrics(registry, { active: () => 2, upstream: () => ({ open: 3, idle: 1, waiting: 0 }) });
  const request = (seconds: number, status = 200) =>
    metrics.request({
      operation: 'GetObject',
      status,
      seconds,
      payload: 'none',
      bytesIn: 0,
      bytesOut: 10,
      code: status === 403 ? 'AccessDenied' : undefined,
    });
  return { registry, metrics, request };
};

test('requests, bytes, errors and durations', async () => {
  const { registry, metrics, request } = make();
  request(0.0005);
  request(0.02);
  request(1_000, 403);
  metrics.upstream('GetObject', 0.003);
  const text = await registry.metrics();
  const again = await registry.metrics();
  expect(again).toBe(text); // a scrape changes nothing
  for (const line of [
    'eyrie_s3_requests_total{operation="GetObject",status="200"} 2',
    'eyrie_s3_requests_total{operation="GetObject",status="403"} 1',
    'eyrie_s3_errors_total{code="AccessDenied"} 1',
    'eyrie_s3_bytes_total{direction="out",payload="none"} 30',
    '# TYPE eyrie_s3_request_seconds histogram',
    'eyrie_s3_request_seconds_bucket{le="0.001",operation="GetObject"} 1',
    'eyrie_s3_request_seconds_bucket{le="0.025",operation="GetObject"} 2',
    'eyrie_s3_request_seconds_bucket{le="300",operation="GetObject"} 2',
    'eyrie_s3_request_seconds_bucket{le="+Inf",operation="GetObject"} 3',
    'eyrie_s3_request_seconds_count{operation="GetObject"} 3',
    'eyrie_s3_upstream_seconds_bucket{le="0.005",operation="GetObject"} 1',
    'eyrie_s3_active_requests 2',
    'eyrie_s3_upstream_connections{state="idle"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('those of several processes add up', async () => {
  const all = [make(), make()];
  for (const { request } of all) request(0.02);
  const json = await Promise.all(all.map(({ registry }) => registry.getMetricsAsJSON()));
  const text = await AggregatorRegistry.aggregate(json).metrics();
  expect(text).toContain('eyrie_s3_requests_total{operation="GetObject",status="200"} 2');
  expect(text).toContain('eyrie_s3_request_seconds_bucket{le="0.025",operation="GetObject"} 2');
});

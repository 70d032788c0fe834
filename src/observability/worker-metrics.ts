/** Prometheus metrics of a worker: its calls to AWS, what its activities fail with, and Temporal's own. */
import type { TelemetryOptions } from '@temporalio/worker';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { AwsCall } from '#aws/clients.ts';
import type { FailureCode } from '#domain/failures.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly awsCall: (call: AwsCall) => void;
  /** An attempt failed. `activity` is the name of its function: a closed set. */
  readonly activityFailed: (activity: string, code: FailureCode) => void;
}

const AWS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
/** From a look at a tag to a file system that takes a quarter of an hour. */
const STEP_SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

export const createWorkerMetrics = (): WorkerMetrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'eyrie_aws_calls_total',
    help: 'Calls to AWS, by what became of them: ok, or the code of the failure',
    labelNames: ['service', 'operation', 'outcome'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'eyrie_aws_call_duration_seconds',
    help: 'Time until AWS has answered',
    labelNames: ['service'],
    buckets: AWS_SECONDS,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'eyrie_activity_failures_total',
    help: 'Attempts of activities that failed, by code; NotYet is a look that was too early',
    labelNames: ['activity', 'code'],
    registers: [registry],
  });
  return {
    registry,
    awsCall({ service, operation, outcome, seconds }) {
      calls.inc({ service, operation, outcome });
      durations.observe({ service }, seconds);
    },
    activityFailed: (activity, code) => failures.inc({ activity, code }),
  };
};

/** Temporal's exporter, on a port of this machine alone: the worker's own door passes on what it says. */
export const temporalMetrics = (port: number): TelemetryOptions => ({
  metrics: {
    prometheus: {
      bindAddress: `127.0.0.1:${port}`,
      countersTotalSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: { eyrie_step_duration_seconds: STEP_SECONDS },
    },
  },
});

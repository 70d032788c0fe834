/** Prometheus metrics of a worker: its calls to AWS, what its activities fail with, and Temporal's own. */
import type { TelemetryOptions } from '@temporalio/worker';
import { LRUCache } from 'lru-cache';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AwsCall } from '#aws/clients.ts';
import type { FailureCode } from '#domain/core/failures.ts';
import { SLOT_KINDS, type SlotCount, type SlotKind } from '#domain/core/slots.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly awsCall: (call: AwsCall) => void;
  /** An attempt failed. `activity` is the name of its function: a closed set. */
  readonly activityFailed: (activity: string, code: FailureCode) => void;
  /** The places of an account were counted. */
  readonly slotsCounted: (account: string, counts: Readonly<Record<SlotKind, SlotCount>>) => void;
}

/** More than a deployment has; the bound keeps a long-lived worker from growing. */
const ACCOUNTS_MAX = 500;

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
  const accounts = new LRUCache<string, Readonly<Record<SlotKind, SlotCount>>>({ max: ACCOUNTS_MAX });
  const used = new Gauge({
    name: 'eyrie_slots_used',
    help: 'Places of a quota in use, in the account that has the fewest left of those that this worker has counted',
    labelNames: ['slot'],
    registers: [registry],
  });
  const limit = new Gauge({
    name: 'eyrie_slots_limit',
    help: 'Places of that quota in that account',
    labelNames: ['slot'],
    registers: [registry],
  });
  return {
    registry,
    slotsCounted(account, counts) {
      accounts.set(account, counts);
      for (const slot of SLOT_KINDS) {
        const all = [...accounts.values()].map((each) => each[slot]);
        const fullest = all.toSorted((one, other) => one.limit - one.used - (other.limit - other.used))[0];
        used.set({ slot }, fullest?.used ?? 0);
        limit.set({ slot }, fullest?.limit ?? 0);
      }
    },
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

/** Prometheus metrics of the API. The worker's come from Temporal's own runtime. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Surveyed } from '#control/survey.ts';
import { isFailureCode } from '#domain/core/failures.ts';
import type { ScheduleView } from '#domain/core/schedule.ts';
import { stepLabel } from '#domain/core/step-label.ts';
import { SWEEP_KINDS, type SweepKind } from '#domain/sweep/finding.ts';
import { SWEEP, type SweepResult } from '#domain/sweep/sweep.ts';
import type { RunningOperation } from '#temporal/running-operations.ts';

export interface Metrics {
  readonly registry: Registry;
  /** @param route The route's pattern, never a path: a path would make a series per workspace. */
  request(labels: { method: string; route: string; status: number }, seconds: number): void;
  launched(outcome: 'started' | 'joined'): void;
  claimed(): void;
  /** All that there are: those that are gone are not shown any more. */
  schedules(all: readonly ScheduleView[]): void;
  /** All that are under way. */
  operations(all: readonly RunningOperation[]): void;
  /** All that there are a record of. */
  subjects(all: readonly Surveyed[], now?: number): void;
}

/** Bounds of the ages of keys, in days; what is older than the last one counts as `older`. */
const KEY_DAYS = [1, 7, 30, 90] as const;
const DAY_MS = 86_400_000;

const ageOf = (madeAt: string, now: number): string => {
  const days = KEY_DAYS.find((bound) => now - Date.parse(madeAt) <= bound * DAY_MS);
  return days === undefined ? 'older' : `${days}d`;
};

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
  const gauge = (name: string, help: string): Gauge<'schedule'> =>
    // Each process sees the same schedules.
    new Gauge({ name, help, labelNames: ['schedule'], registers: [registry], aggregator: 'max' });
  const paused = gauge('eyrie_schedule_paused', '1 while a schedule is paused, by hand or because its runs failed');
  const missed = gauge('eyrie_schedule_missed_runs', 'Runs that came too late to be made up for');
  const succeeded = gauge('eyrie_schedule_last_success_timestamp_seconds', 'When the last run was due that succeeded');
  const running = new Gauge({
    name: 'eyrie_operations_running',
    help: 'Operations under way, by kind of thing and its phase',
    labelNames: ['kind', 'phase'],
    registers: [registry],
    aggregator: 'max',
  });
  const stuck = new Gauge({
    name: 'eyrie_operations_stuck',
    help: 'Operations of which a step takes longer than it should, by the step that is under way and what it heard last',
    labelNames: ['kind', 'step', 'code'],
    registers: [registry],
    aggregator: 'max',
  });
  const subjects = new Gauge({
    name: 'eyrie_subjects',
    help: 'Workspaces, storages, compute environments and key holders that there is a record of, by phase',
    labelNames: ['kind', 'phase'],
    registers: [registry],
    aggregator: 'max',
  });
  const unhealthy = new Gauge({
    name: 'eyrie_subjects_unhealthy',
    help: 'Workspaces and compute environments that are in use, and of which something is not as it was made',
    labelNames: ['kind'],
    registers: [registry],
    aggregator: 'max',
  });
  const keys = new Gauge({
    name: 'eyrie_keys',
    help: 'Access keys that are handed out, by the kind of their holder and by their age: at most so many days',
    labelNames: ['kind', 'age'],
    registers: [registry],
    aggregator: 'max',
  });
  const findings = new Gauge({
    name: 'eyrie_sweep_findings',
    help: 'What the last scheduled sweep found left over',
    labelNames: ['kind'],
    registers: [registry],
    aggregator: 'max',
  });
  return {
    registry,
    request({ method, route, status }, seconds) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    launched: (outcome) => launches.inc({ outcome }),
    claimed: () => claims.inc(),
    operations(all) {
      for (const each of [running, stuck]) each.reset();
      for (const { kind, phase, step, code, stuckSince } of all) {
        running.inc({ kind, phase });
        if (stuckSince !== null) stuck.inc({ kind, step: stepLabel(step), code: isFailureCode(code) ? code : 'none' });
      }
    },
    subjects(all, now = Date.now()) {
      for (const each of [subjects, unhealthy, keys]) each.reset();
      for (const { kind, phase, keysMade, isUnhealthy } of all) {
        subjects.inc({ kind, phase });
        unhealthy.inc({ kind }, isUnhealthy ? 1 : 0);
        for (const madeAt of keysMade) keys.inc({ kind, age: ageOf(madeAt, now) });
      }
    },
    schedules(all) {
      for (const each of [paused, missed, succeeded, findings]) each.reset();
      for (const view of all) {
        const labels = { schedule: view.id };
        paused.set(labels, view.paused ? 1 : 0);
        missed.set(labels, view.missed);
        const last = view.lastRuns.find(({ status }) => status === 'COMPLETED');
        if (last) succeeded.set(labels, Date.parse(last.scheduledAt) / 1000);
        if (last && view.id === SWEEP) for (const [kind, count] of foundBy(last.result)) findings.set({ kind }, count);
      }
    },
  };
};

/** By kind, those that were not found too: what is gone is 0, not what it was. */
const foundBy = (result: unknown): (readonly [SweepKind, number])[] => {
  const { found = {} } = result as Partial<SweepResult>;
  return SWEEP_KINDS.map((kind) => [kind, found[kind] ?? 0]);
};

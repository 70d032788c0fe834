/** Sweeps as the API sees them, in memory. */
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import type { SweepInput, SweepSettings } from '#domain/sweep/sweep.ts';
import type { SweepControl } from '#temporal/sweeps.ts';

export const SWEEP_SETTINGS: SweepSettings = {
  environment: 'localhost',
  home: { accountId: '111122223333', region: 'us-east-1' },
  prefixes: { own: ['localhost-nf-'], shared: [] },
  timing: DEFAULT_TIMING,
};

export interface FakeSweeps extends SweepControl {
  /** What was asked for. */
  readonly asked: SweepInput[];
  /** One is under way. */
  busy: boolean;
  /** No worker answers for it. */
  alone: boolean;
}

export const createFakeSweeps = (): FakeSweeps => {
  const fake: FakeSweeps = {
    asked: [],
    busy: false,
    alone: false,
    async start(input) {
      if (fake.busy) return undefined;
      fake.asked.push(input);
      fake.busy = true;
      return `run-${fake.asked.length}`;
    },
    async latest() {
      if (fake.asked.length === 0) return undefined;
      const runId = `run-${fake.asked.length}`;
      return { runId, startedAt: '2026-01-02T04:00:00.000Z', running: fake.busy, failed: null, answered: !fake.alone };
    },
  };
  return fake;
};

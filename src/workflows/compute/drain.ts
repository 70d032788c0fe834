import { MAIN_POOL } from '#domain/compute/names.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';
import { undo } from '../kernel/calls.ts';
import type { Limit } from '../kernel/limit.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Of what was asked to go while it was being made: nobody's jobs have run there for long. */
export const DRAIN_MINUTES = 60;

/**
 * A queue takes no more jobs, and those that it has come to their end: as many as do within the limit. Where heads and their
 * tasks share one, it stays open until it has run empty: a head whose tasks are refused fails.
 */
export const drainOf = (pool: string, limit: Limit) =>
  defineStep({
    name: `drain-${pool}`,
    expectedMs: minutes(60),
    removalExpectedMs: minutes(60),
    async make(_: JobQueueSpec): Promise<void> {},
    async undo(spec: JobQueueSpec, removal) {
      const ended = () =>
        limit.of(() => undo.awaitJobsEnded(spec), `${spec.name}: jobs that run still are ended after it`);
      if (pool === MAIN_POOL) await ended();
      await undo.disableJobQueue(spec, removal('ensureJobQueue'));
      await ended();
    },
  });

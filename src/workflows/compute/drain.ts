import type { JobQueueSpec } from '#domain/resources/batch.ts';
import { undo } from '../kernel/calls.ts';
import type { Limit } from '../kernel/limit.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Of what was asked to go while it was being made: nobody's jobs have run there for long. */
export const DRAIN_MINUTES = 60;

/** A queue takes no more jobs, and those that it has come to their end: as many as do within the limit. */
export const drainOf = (pool: string, limit: Limit) =>
  defineStep({
    name: `drain-${pool}`,
    expectedMs: minutes(60),
    removalExpectedMs: minutes(60),
    async make(_: JobQueueSpec): Promise<void> {},
    async undo(spec: JobQueueSpec, removal) {
      await undo.disableJobQueue(spec, removal('ensureJobQueue'));
      await limit.of(() => undo.awaitJobsEnded(spec), `${spec.name}: jobs that run still are ended after it`);
    },
  });

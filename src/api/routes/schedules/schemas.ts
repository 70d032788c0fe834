import { z } from '@hono/zod-openapi';

const time = z.string().openapi({ format: 'date-time', example: '2026-11-21T03:12:00.000Z' });

const Run = z
  .object({
    workflowId: z.string(),
    runId: z.string(),
    scheduledAt: time,
    startedAt: time,
    status: z.string().nullable().openapi({ description: 'As Temporal calls it; null where it is forgotten' }),
    result: z.unknown().openapi({ description: 'What the run answered, or why it failed' }),
  })
  .openapi('ScheduledRun');

export const Schedule = z
  .object({
    id: z.string().openapi({ example: 'idle-disposal' }),
    summary: z.string(),
    paused: z.boolean(),
    note: z.string().openapi({ description: 'Why it is paused, or was resumed' }),
    nextRuns: z.array(time).readonly(),
    lastRuns: z.array(Run).readonly().openapi({ description: 'The latest first' }),
    running: z.boolean(),
    missed: z.int().openapi({ description: 'Runs that came too late to be made up for' }),
    skipped: z.int().openapi({ description: 'Runs that were left out because the one before was not over' }),
  })
  .openapi('Schedule');

export const ScheduleList = z.object({ items: z.array(Schedule).readonly() }).openapi('ScheduleList');

export const ScheduleId = z
  .string()
  .min(1)
  .max(64)
  .openapi({ param: { name: 'id', in: 'path' }, example: 'sweep', description: 'As the list has it' });

export const Note = z
  .strictObject({ reason: z.string().min(1).max(500).optional().openapi({ description: 'For whoever looks next' }) })
  .openapi('ScheduleNote');

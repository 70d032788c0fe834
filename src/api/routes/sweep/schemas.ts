import { z } from '@hono/zod-openapi';
import { SWEEP_KINDS } from '#domain/sweep/finding.ts';

const time = z.string().openapi({ format: 'date-time', example: '2026-11-21T04:12:00.000Z' });

const Finding = z
  .object({
    kind: z.enum(SWEEP_KINDS),
    type: z.string().openapi({ example: 'AWS::EC2::VPC' }),
    id: z.string().openapi({ example: 'vpc-0123456789abcdef0' }),
    name: z.string().nullable(),
    account: z.string(),
    region: z.string(),
    owner: z.string().nullable().openapi({ example: 'workspace/brh-data-commons-org/jane' }),
    tags: z.record(z.string(), z.string()).readonly().openapi({ description: 'Those of Eyrie that it carries' }),
    since: time.openapi({ description: 'Since when it has been there, or as far as is known, left over' }),
    why: z.string(),
    action: z.enum(['remove', 'report']).openapi({ description: '`remove`: a sweep that may take things takes it' }),
    command: z.string().openapi({ description: 'What to do about it by hand' }),
    outcome: z.string().nullable().openapi({ description: 'What became of it in this sweep; null: nothing was done' }),
  })
  .openapi('SweepFinding');

const Report = z
  .object({
    at: time,
    runId: z.string(),
    requestedBy: z.string(),
    apply: z.boolean(),
    olderThanHours: z.number(),
    places: z
      .array(z.string())
      .readonly()
      .openapi({ example: ['111122223333/us-east-1'] }),
    looked: z.int().openapi({ description: 'How many things were looked at' }),
    findings: z.array(Finding).readonly(),
    more: z.int().openapi({ description: 'Found besides, and not told one by one' }),
  })
  .openapi('SweepReport');

const Run = z
  .object({
    runId: z.string(),
    startedAt: time,
    running: z.boolean(),
    failed: z.string().nullable().openapi({ description: 'Why it failed; null where it did not' }),
    stuck: z
      .object({ reason: z.string().openapi({ example: 'no worker answers' }), hint: z.string() })
      .nullable()
      .openapi({ description: 'Why it does not go on, and what to do; null where it does' }),
  })
  .openapi('SweepRun');

export const Sweep = z
  .object({
    run: Run.nullable().openapi({ description: 'The latest one by hand' }),
    report: Report.nullable().openapi({
      description: 'Of the latest one that came to its end, by hand or by its schedule',
    }),
  })
  .openapi('Sweep');

export const StartSweep = z
  .strictObject({
    account: z
      .string()
      .regex(/^\d{12}$/, '12 digits')
      .optional()
      .openapi({ description: "Only this account. Default: Eyrie's own and all that records name" }),
    apply: z.boolean().default(false).openapi({ description: 'Take what may be taken. Default: only look' }),
    olderThanHours: z
      .number()
      .min(0)
      .max(8_760)
      .default(24)
      .openapi({ description: 'Left over for less long, nothing is taken' }),
  })
  .openapi('StartSweep');

/** The shapes of the admin API's bodies. */
import { z } from 'zod';
import { findModel } from '../wire/model.ts';

export const Account = z.string().regex(/^\d{12}$/, 'an account id has 12 digits');

export const TimingChange = z.strictObject({
  scale: z.number().min(0).optional(),
  seed: z.int().optional(),
  account: Account.optional(),
});

const Quota = z.int().min(0).optional();
export const QuotaChange = z.strictObject({
  vpcs: Quota,
  queues: Quota,
  computeEnvironments: Quota,
  gatewayEndpoints: Quota,
});

/** `service-quotas`, `ServiceQuotas` and `servicequotas` are one service. */
export const plainService = (service: string): string => service.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** A misspelt operation would never be hit, and its test would pass for the wrong reason. */
const isKnown = ({ service, operation }: { service: string; operation: string }): boolean => {
  const model = service === '*' || operation === '*' ? undefined : findModel(plainService(service));
  return model === undefined || Object.hasOwn(model.operations, operation);
};

const Fault = z
  .strictObject({
    service: z.string().min(1),
    operation: z.string().min(1),
    account: Account.optional(),
    skip: z.int().min(0).default(0),
    times: z.int().min(-1).default(1),
    fault: z.enum(['throttle', 'denied', 'internal', 'reset', 'lost-answer', 'slow']),
    delayMs: z.number().min(0).optional(),
  })
  .refine(({ fault, delayMs }) => fault !== 'slow' || delayMs !== undefined, {
    path: ['delayMs'],
    message: 'slow needs delayMs',
  })
  .refine(isKnown, { path: ['operation'], message: "the service has no such operation; names are the SDK's" });
export const FaultList = z.array(Fault);

const Image = z.strictObject({
  id: z.string().startsWith('ami-'),
  name: z.string().min(1),
  architecture: z.enum(['i386', 'x86_64', 'arm64']).default('x86_64'),
});
const PipelineImage = z.strictObject({
  state: z.string().min(1).default('AVAILABLE'),
  dateCreated: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'must be a date'),
  amis: z.array(z.strictObject({ region: z.string().min(1), image: z.string().min(1) })).default([]),
});
export const PIPELINE_ARN = /^arn:aws[\w-]*:imagebuilder:[\w-]+:(\d{12}|aws):image-pipeline\/[a-z0-9-_]+$/;
const Pipeline = z.strictObject({
  arn: z.string().regex(PIPELINE_ARN, "must be a pipeline's ARN"),
  images: z.array(PipelineImage).default([]),
});
export const ImageSeed = z.strictObject({
  images: z.array(Image).default([]),
  pipelines: z.array(Pipeline).default([]),
});
export type ImageSeed = z.infer<typeof ImageSeed>;

export const JOB_STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;
export const JobSeed = z.strictObject({
  queue: z.string().min(1),
  count: z.int().min(0).max(10_000).default(1),
  status: z.enum(JOB_STATUSES).default('RUNNING'),
  region: z.string().optional(),
});
export type JobSeed = z.infer<typeof JobSeed>;

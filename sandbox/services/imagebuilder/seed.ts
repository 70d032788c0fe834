/** The body of `POST images`. */
import { z } from 'zod';

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

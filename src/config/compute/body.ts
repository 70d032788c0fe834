/**
 * The body that a compute environment is made from: Seqera's shape, and what Eyrie has besides. Of these groups come
 * validation (parse.ts), the OpenAPI document and the reference page.
 */
import { z } from 'zod';
import { ON_FAILURE } from '#domain/compute/input.ts';
import type { Tags } from '#domain/core/ownership.ts';
import { EYRIE_FIELDS } from './eyrie.ts';
import { maybe, or } from './fields.ts';
import { FORGE_FIELDS } from './forge.ts';
import { roleArn } from './forms.ts';
import { CONFIG_FIELDS } from './platform.ts';

/** @see https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html what all services take */
const tagText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, 'holds a character that tags do not take');

/** Besides those that Eyrie sets itself. */
const LABELS_MAX = 45;

const tagKey = tagText(128)
  .min(1)
  .refine((key) => !/^(aws|eyrie):/i.test(key), 'begins with aws: or eyrie:, which are taken');

const Labels = z
  .union([
    z.record(tagKey, tagText(256)),
    z
      .array(z.looseObject({ name: tagKey, value: or(tagText(256), '') }))
      .transform((list) => Object.fromEntries(list.map(({ name, value }) => [name, value]))),
  ])
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `must be ${LABELS_MAX} at most`);

const Account = z.strictObject({
  id: z.string().regex(/^\d{12}$/, 'must be 12 digits'),
  roleArn: maybe(roleArn).describe("Role that is entered there. Default: none; Eyrie's own rights."),
  externalId: maybe(z.string().min(2).max(1224)).describe('External id of that role.'),
});

export const ENVELOPE_FIELDS = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be up to 100 letters, digits, dashes and underscores')
    .describe('What users call it. It stands in no name of AWS.'),
  description: maybe(z.string().max(2000)).describe('For people.'),
  platform: or(z.literal('aws-batch'), 'aws-batch' as const).describe('`aws-batch`.'),
  labels: or(Labels, {} as Tags).describe(
    'Tags of all that is made: a map, or a list of `name` and `value`. `Name` wins over the one that Eyrie sets.',
  ),
  account: maybe(Account).describe("Account of AWS that it is made in. Default: Eyrie's own."),
  onFailure: or(z.enum(ON_FAILURE), 'rollback').describe(
    'What follows where a create fails: all is undone; what is there stays; or it is tried again from there.',
  ),
} as const;

/** For the OpenAPI document: a body is read by `parseComputeBody`, which names all that is wrong at once. */
export const ComputeBodySchema = z.strictObject({
  ...ENVELOPE_FIELDS,
  config: z
    .strictObject({
      ...CONFIG_FIELDS,
      forge: z
        .strictObject(FORGE_FIELDS)
        .optional()
        .describe('What is made in AWS. A tenant says no more than `allowBuckets` and `disposeOnDeletion`.'),
      eyrie: z.strictObject(EYRIE_FIELDS).prefault({}).describe('What Tower Forge has no option for.'),
    })
    .describe('The environment itself.'),
});

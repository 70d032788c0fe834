/** Hatchery's own configuration keys, accepted as they are, with Hatchery's defaults. */
import { z } from 'zod';
import { ContainerAuthzSchema } from './container-authz.ts';

/** Go writes an empty list as null. */
const strings = z
  .array(z.string().max(2048))
  .max(1000)
  .nullish()
  .transform((list) => list ?? []);

const text = z
  .string()
  .max(2048)
  .nullish()
  .transform((value) => value ?? '');

const blockOf = (number: z.ZodNumber) => {
  const count = number.nullish().transform((value) => value ?? 0);
  return z.strictObject({
    enabled: z
      .boolean()
      .nullish()
      .describe(
        "Hatchery's switch. A container's block is a profile where it is true; any other block unless it is false.",
      ),
    'job-image-whitelist': strings.describe(
      'Container images that jobs may use; `*` and `?` match, `{{username}}` is the escaped user. Empty: all.',
    ),
    's3-bucket-whitelist': strings.describe('Buckets that jobs may read. Empty: none.'),
    'compute-environment-type': text.describe('`EC2` or `SPOT`.'),
    'instance-ami': text.describe("A fixed AMI; wins over the pipeline's newest."),
    'instance-ami-builder-arn': text.describe('Image Builder pipeline whose newest available AMI is used.'),
    'instance-type': text.describe('One instance type or family, or `optimal`.'),
    'instance-min-vcpus': count,
    'instance-max-vcpus': count,
  });
};

/** A `nextflow` block of the configuration. What AWS would make of the values is judged when a launch is planned. */
const ConfiguredBlock = blockOf(z.int().min(0).max(1_000_000));

export const NEXTFLOW_KEYS: readonly string[] = Object.keys(ConfiguredBlock.shape);

/** Profiles by name. A block that is switched off is none. */
export const ProfilesSchema = z
  .record(z.string().regex(/^[\w .()-]{1,128}$/), ConfiguredBlock)
  .default({})
  .transform((profiles) =>
    Object.fromEntries(
      Object.entries(profiles).flatMap(([name, { enabled, ...block }]) => (enabled === false ? [] : [[name, block]])),
    ),
  );

/** The same in a request: which numbers are fit is judged with all else, so that the caller hears of all at once. */
export const NextflowBodySchema = blockOf(z.number())
  .refine(({ enabled }) => enabled !== false, {
    path: ['enabled'],
    message: 'a block with `enabled: false` can not be launched',
  })
  .transform(({ enabled: _, ...block }) => block);

/** Days after which objects expire where Hatchery's configuration says nothing, or nothing positive. */
const EXPIRATION_DAYS = 30;

/** `nextflow-global`: what all workspaces of the environment share. */
export const NextflowGlobalSchema = z.strictObject({
  's3-objects-expiration-days': z
    .int()
    .max(36_500)
    .nullish()
    .transform((days) => (days && days > 0 ? days : EXPIRATION_DAYS))
    .describe("Objects of the account's bucket expire after so many days. Default (also for 0 and less): 30."),
  'sample-config-public-image': text.describe('Container image of the rendered Nextflow configuration.'),
  'imagebuilder-reader-role-arn': text.describe('Role that may list the images of the Image Builder pipeline.'),
});

/** A pay-model record as Hatchery keeps it; fields that do not matter here are let through and dropped. */
export const PayModelSchema = z.object({
  bmh_workspace_id: z.string().max(256).optional(),
  workspace_type: z.string().max(256).optional(),
  user_id: z.string().max(256).optional(),
  account_id: z.string().max(64).optional(),
  request_status: z.string().max(64).optional(),
  ecs: z.boolean().optional(),
  region: z.string().max(64).optional(),
});

/**
 * A container of Hatchery's configuration: only its name, its `nextflow` block and who may launch it are read. As in
 * Hatchery, a block counts where it is switched on.
 */
const ContainerSchema = z.looseObject({
  name: z.string().min(1).max(256),
  nextflow: ConfiguredBlock.nullish().transform((given) => {
    if (given?.enabled !== true) return null;
    const { enabled: _, ...block } = given;
    return block;
  }),
  authz: ContainerAuthzSchema.nullish().describe(
    'Who may launch it. `resource_paths` are asked of Arborist (`s3.arboristUrl`) with the token of the user; a pay model is known to Hatchery alone, so a user with a token is refused.',
  ),
});

/** Hatchery tells containers apart by a hash of all that they are; a profile has its name alone. */
export const ContainersSchema = z.array(ContainerSchema).superRefine((containers, context) => {
  const taken = new Set<string>();
  for (const [nth, { name, nextflow }] of containers.entries()) {
    if (!nextflow) continue;
    if (taken.has(name)) {
      context.addIssue({ code: 'custom', path: [nth, 'name'], message: `another container is also called ${name}` });
    }
    taken.add(name);
  }
});

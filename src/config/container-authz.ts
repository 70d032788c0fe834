/**
 * Who may launch a container, as Hatchery's configuration says it.
 * @see https://github.com/uc-cdis/hatchery/blob/master/doc/explanation/authorization.md
 */
import { z } from 'zod';

const PAY_MODELS = ['Direct Pay', 'STRIDES Credits', 'STRIDES Grant', 'None'] as const;

const texts = z.array(z.string().min(1).max(2048)).min(1).max(1000);

const RULES = {
  resource_paths: texts.describe('Resources of Arborist: the user needs `launch` of `jupyterhub` on all of them.'),
  pay_models: z.array(z.enum(PAY_MODELS)).min(1).describe('Kinds of pay model that the user may have.'),
};

const oneOf = (names: readonly string[]) => (given: object) =>
  names.filter((name) => Object.entries(given).some(([key, value]) => key === name && value !== undefined)).length ===
  1;

const RuleSchema = z
  .strictObject({ resource_paths: RULES.resource_paths.optional(), pay_models: RULES.pay_models.optional() })
  .refine(oneOf(['resource_paths', 'pay_models']), 'a rule is one of resource_paths and pay_models');

export type AuthzRule = z.output<typeof RuleSchema>;

/** Stricter than Hatchery, which takes what it can't read for "nobody": a rule that is not understood stops the start. */
export const ContainerAuthzSchema = z
  .strictObject({
    version: z.literal(0.1),
    or: z.array(RuleSchema).min(1).optional().describe('One of these is enough.'),
    and: z.array(RuleSchema).min(1).optional().describe('All of these are needed.'),
    resource_paths: RULES.resource_paths.optional(),
    pay_models: RULES.pay_models.optional(),
  })
  .refine(oneOf(['or', 'and', 'resource_paths', 'pay_models']), 'exactly one of or, and, resource_paths, pay_models');

export type ContainerAuthz = z.output<typeof ContainerAuthzSchema>;

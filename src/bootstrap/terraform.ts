/** The published documents as Terraform modules. Generated into deploy/terraform by `npm run templates`. */
import { PLACEHOLDER, placeholderIn, publishedRole, type Role, readTemplate } from './documents.ts';
import { EXPIRING, EXPIRING_AFTER_DAYS } from './lifecycle.ts';
import { type Language, PARAMETERS, parametersOf, ROLES_OF, translate } from './parameters.ts';
import type { Part } from './plan.ts';

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const DATA: Readonly<Record<string, string>> = {
  partition: 'data.aws_partition.current.partition',
  accountId: 'data.aws_caller_identity.current.account_id',
  region: 'var.region',
};

/** Of worker and API in their own account: they are made by the same module. */
const MADE: Readonly<Record<string, string>> = {
  workerRoleArn: 'aws_iam_role.worker.arn',
  apiRoleArn: 'aws_iam_role.api.arn',
};

const expression = (text: string): string => `\${${text}}`;

const referOf = (part: Part, name: string): string =>
  (part === 'home' ? MADE[name] : undefined) ?? DATA[name] ?? `var.${snake(name)}`;

const isThere = (name: string): string =>
  PARAMETERS[name]?.kind === 'list' ? `length(var.${snake(name)}) > 0` : `var.${snake(name)} != ""`;

const languageOf = (part: Part): Language<object | string> => ({
  text: (text) => {
    if (/[$%]\{/.test(text)) throw new Error(`a policy variable would be taken for Terraform's: ${text}`);
    return text.replace(PLACEHOLDER, (_, name: string) => `\${${referOf(part, name)}}`);
  },
  statementIf: (name, statement) => ({ ...statement, When: `\${${isThere(name)}}` }),
  // An object within an expression has to be written in Terraform's own syntax.
  conditionIf: (name, _, source) => `\${${isThere(name)} ? ${expressionOf(source, part)} : null}`,
});

const expressionOf = (node: unknown, part: Part): string => {
  if (typeof node === 'string') {
    const whole = placeholderIn(node);
    return whole === undefined ? JSON.stringify(node) : referOf(part, whole);
  }
  const members = Object.entries(node as object).map(
    ([key, value]) => `${JSON.stringify(key)} = ${expressionOf(value, part)}`,
  );
  return `{ ${members.join(', ')} }`;
};

const statementsOf = (document: string, part: Part) => translate(readTemplate(document), languageOf(part));

/** Leaves out the statements and conditions about something of which there is none. */
const rendered = (statements: string): string =>
  `\${jsonencode({ Version = "2012-10-17", Statement = [for s in ${statements} : ` +
  '{ for k, v in s : k => v if k != "When" && v != null } if try(s.When, true)] })}';

const TAGS = { 'eyrie:environment': expression('var.environment') };

const rolesIn = (part: Part) => {
  const of = <T>(value: (role: Role, key: string) => T): Record<string, T> =>
    Object.fromEntries(ROLES_OF[part].map((role) => [snake(role), value(role, snake(role))]));
  return {
    aws_iam_role: of((_, key) => ({
      name: `\${var.${key}_role_name}`,
      assume_role_policy: rendered(`local.${key}_trust`),
      permissions_boundary: expression('var.permissions_boundary != "" ? var.permissions_boundary : null'),
      tags: TAGS,
    })),
    aws_iam_policy: of((_, key) => ({
      for_each: `\${toset(keys(local.${key}))}`,
      name: `\${var.${key}_role_name}-\${each.key}`,
      policy: rendered(`local.${key}[each.key]`),
      tags: TAGS,
    })),
    aws_iam_role_policy_attachment: of((_, key) => ({
      for_each: `\${aws_iam_policy.${key}}`,
      role: `\${aws_iam_role.${key}.name}`,
      policy_arn: expression('each.value.arn'),
    })),
  };
};

const BUCKET = expression('aws_s3_bucket.control.id');

const CONTROL_BUCKET = {
  aws_s3_bucket: {
    control: { bucket: expression('var.control_bucket'), tags: TAGS, lifecycle: { prevent_destroy: true } },
  },
  aws_s3_bucket_public_access_block: {
    control: {
      bucket: BUCKET,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    },
  },
  aws_s3_bucket_ownership_controls: { control: { bucket: BUCKET, rule: { object_ownership: 'BucketOwnerEnforced' } } },
  aws_s3_bucket_server_side_encryption_configuration: {
    control: { bucket: BUCKET, rule: { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } } },
  },
  aws_s3_bucket_lifecycle_configuration: {
    control: {
      bucket: BUCKET,
      rule: EXPIRING.map((prefix) => ({
        id: `eyrie-${prefix.slice(0, -1)}`,
        status: 'Enabled',
        filter: { prefix },
        expiration: { days: EXPIRING_AFTER_DAYS },
      })),
    },
  },
  aws_s3_bucket_policy: { control: { bucket: BUCKET, policy: rendered('local.control_bucket') } },
};

const TYPES = { text: 'string', optional: 'string', list: 'list(string)' } as const;

export const terraform = (part: Part): string => {
  const variables = parametersOf(part).map((name) => {
    const { kind, description, default: usual } = PARAMETERS[name] ?? { kind: 'text', description: '' };
    const fallback = kind === 'list' ? [] : (usual ?? (kind === 'optional' ? '' : undefined));
    return [snake(name), { type: TYPES[kind], description, ...(fallback !== undefined && { default: fallback }) }];
  });
  const locals = ROLES_OF[part].flatMap((role) => {
    const { trust, policies } = publishedRole(role);
    const documents = Object.fromEntries(policies.map((name) => [name, statementsOf(name, part)]));
    return [
      [`${snake(role)}_trust`, statementsOf(trust, part)],
      [snake(role), documents],
    ];
  });
  const module = {
    '//': 'Generated from docs/reference/iam by `npm run templates`.',
    terraform: {
      required_version: '>= 1.3',
      required_providers: { aws: { source: 'hashicorp/aws', version: '>= 4.0' } },
    },
    variable: { region: { type: 'string', description: 'Region of the workspaces' }, ...Object.fromEntries(variables) },
    data: { aws_caller_identity: { current: {} }, aws_partition: { current: {} } },
    locals: {
      ...Object.fromEntries(locals),
      ...(part === 'home' && { control_bucket: statementsOf('control-bucket', part) }),
    },
    resource: { ...rolesIn(part), ...(part === 'home' && CONTROL_BUCKET) },
    output: Object.fromEntries(
      ROLES_OF[part].map((role) => [`${snake(role)}_role_arn`, { value: `\${aws_iam_role.${snake(role)}.arn}` }]),
    ),
  };
  return `${JSON.stringify(module, null, 2)}\n`;
};

/** What Terraform's modules and CloudFormation's templates are asked for: the placeholders of the published documents. */
import { NAME_PREFIX_DEFAULT } from '#domain/compute/names.ts';
import type { PolicyDocument, Statement } from '#domain/resources/policy-document.ts';
import { PLACEHOLDER, placeholderIn, publishedRole, type Role, readTemplate } from './documents.ts';
import type { Part } from './plan.ts';

export interface Parameter {
  readonly description: string;
  /** `optional`: the empty text is none. */
  readonly kind: 'text' | 'optional' | 'list';
  readonly default?: string;
}

export const PARAMETERS: Readonly<Record<string, Parameter>> = {
  environment: { kind: 'text', description: "The environment's host name with dots as dashes" },
  controlBucket: { kind: 'text', description: 'Name of the control bucket' },
  computePrefix: {
    kind: 'text',
    default: NAME_PREFIX_DEFAULT,
    description: 'What names of compute environments begin with (compute.namePrefix)',
  },
  payModelRoleName: {
    kind: 'text',
    default: 'csoc_adminvm',
    description: "Name of the role in pay models' accounts (aws.payModelRoleName)",
  },
  imageReaderRoleArn: { kind: 'optional', description: "Role that lists an image pipeline's images; empty: none" },
  computeAccountRoleArns: { kind: 'list', description: 'Roles of the accounts in compute.accounts' },
  trustedServices: {
    kind: 'list',
    description: 'AWS services that run worker and API, for example ecs-tasks.amazonaws.com',
  },
  trustedArns: { kind: 'list', description: 'Principals that may enter the roles of worker and API' },
  imagePipelineArns: { kind: 'list', description: 'Image Builder pipelines' },
  externalId: { kind: 'optional', description: 'External id that the worker has to give; empty: none' },
  workerRoleArn: { kind: 'text', description: "ARN of the worker's role" },
  workerRoleName: { kind: 'text', default: 'eyrie-worker', description: "Name of the worker's role" },
  apiRoleName: { kind: 'text', default: 'eyrie-api', description: "Name of the API's role" },
  computeAccountRoleName: { kind: 'text', default: 'eyrie-compute', description: 'Name of the role' },
  imageReaderRoleName: { kind: 'text', default: 'nextflow-imagebuilder-reader', description: 'Name of the role' },
  permissionsBoundary: { kind: 'optional', description: 'ARN of a policy that bounds the roles; empty: none' },
};

export const ROLES_OF: Readonly<Record<Part, readonly Role[]>> = {
  home: ['worker', 'api'],
  'pay-model': ['payModel'],
  'compute-account': ['computeAccount'],
  'image-reader': ['imageReader'],
};

/** What AWS itself tells a template. */
const BUILT_IN: ReadonlySet<string> = new Set(['partition', 'accountId', 'region']);

/** Names of parameters, in the order of the table. */
export const parametersOf = (part: Part): string[] => {
  const documents = ROLES_OF[part].flatMap((role) => {
    const { trust, policies } = publishedRole(role);
    return [trust, ...policies];
  });
  const text = JSON.stringify([...documents, ...(part === 'home' ? ['control-bucket'] : [])].map(readTemplate));
  const used = new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  for (const role of ROLES_OF[part]) used.add(`${role}RoleName`);
  // Each role is tagged with the environment, and may be bounded.
  used.add('environment').add('permissionsBoundary');
  // They are made by the template itself.
  if (part === 'home') used.delete('workerRoleArn');
  if (part === 'home') used.delete('apiRoleArn');
  const unknown = [...used].filter((name) => !(name in PARAMETERS) && !BUILT_IN.has(name));
  if (unknown.length > 0) throw new Error(`placeholders without a parameter: ${unknown.join(', ')}`);
  return Object.keys(PARAMETERS).filter((name) => used.has(name));
};

/** The parameter without a value of which there is no such part of a document. */
const conditionOf = (part: unknown): string | undefined => {
  if (typeof part === 'string') {
    const name = placeholderIn(part);
    return name !== undefined && PARAMETERS[name] && PARAMETERS[name].kind !== 'text' ? name : undefined;
  }
  if (typeof part !== 'object' || part === null) return undefined;
  return Object.values(part)
    .map(conditionOf)
    .find((name) => name !== undefined);
};

/** How a language says each part of a document. */
export interface Language<Out> {
  /** A text with placeholders in it. */
  readonly text: (text: string) => Out;
  /** A statement that there is only where the parameter has a value. */
  readonly statementIf: (name: string, statement: Readonly<Record<string, Out>>) => Out;
  /** The same of a condition. */
  readonly conditionIf: (name: string, condition: Out, source: NonNullable<Statement['Condition']>) => Out;
}

export const translate = <Out>(
  { Statement }: PolicyDocument,
  language: Language<Out | object | string>,
): (Out | object | string)[] =>
  Statement.map(({ Condition, ...rest }) => {
    const every = (node: unknown): Out | object | string => {
      if (typeof node === 'string') return language.text(node);
      if (Array.isArray(node)) return node.map(every);
      return Object.fromEntries(Object.entries(node as object).map(([key, value]) => [key, every(value)]));
    };
    const statement = every(rest) as Record<string, Out | object | string>;
    if (Condition) {
      const name = conditionOf(Condition);
      const said = every(Condition);
      statement.Condition = name === undefined ? said : language.conditionIf(name, said, Condition);
    }
    const name = conditionOf(rest.Resource) ?? conditionOf(rest.Principal);
    return name === undefined ? statement : language.statementIf(name, statement);
  });

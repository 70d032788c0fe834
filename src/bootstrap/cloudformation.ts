/** The published documents as CloudFormation templates. Generated into deploy/cloudformation by `npm run templates`. */
import { type ScalarTag, stringify } from 'yaml';
import { stringifyString } from 'yaml/util';
import { PLACEHOLDER, placeholderIn, publishedRole, type Role, readTemplate } from './documents.ts';
import { EXPIRING, EXPIRING_AFTER_DAYS } from './lifecycle.ts';
import { type Language, PARAMETERS, parametersOf, ROLES_OF, translate } from './parameters.ts';
import type { Part } from './plan.ts';

/** One of CloudFormation's functions in its short form: `!Ref Environment`. */
export class ShortForm {
  readonly tag: '!Ref' | '!Sub' | '!GetAtt';
  readonly text: string;

  constructor(tag: ShortForm['tag'], text: string) {
    this.tag = tag;
    this.text = text;
  }
}

export const SHORT_FORMS: ScalarTag[] = (['!Ref', '!Sub', '!GetAtt'] as const).map((tag) => ({
  tag,
  identify: (value) => value instanceof ShortForm && value.tag === tag,
  resolve: (text) => new ShortForm(tag, text),
  stringify: ({ value, type }, context, onComment, onChompKeep) =>
    stringifyString({ value: (value as ShortForm).text, ...(type && { type }) }, context, onComment, onChompKeep),
}));

const refTo = (name: string): ShortForm => new ShortForm('!Ref', name);

const capital = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());

const PSEUDO: Readonly<Record<string, string>> = {
  partition: 'AWS::Partition',
  accountId: 'AWS::AccountId',
  region: 'AWS::Region',
};

/** Of worker and API in their own account: they are made by the same template. */
const MADE: Readonly<Record<string, string>> = { workerRoleArn: 'WorkerRole', apiRoleArn: 'ApiRole' };

const has = (name: string): string => `Has${capital(name)}`;

const NO_VALUE = refTo('AWS::NoValue');

const languageOf = (part: Part): Language<object | string> => {
  const refer = (name: string): object =>
    part === 'home' && MADE[name]
      ? new ShortForm('!GetAtt', `${MADE[name]}.Arn`)
      : refTo(PSEUDO[name] ?? capital(name));
  return {
    text: (text) => {
      const whole = placeholderIn(text);
      if (whole !== undefined) return refer(whole);
      if (text.includes('${')) throw new Error(`a policy variable would be taken for a parameter: ${text}`);
      const filled = text.replace(PLACEHOLDER, (_, name: string) => `\${${PSEUDO[name] ?? capital(name)}}`);
      return filled === text ? text : new ShortForm('!Sub', filled);
    },
    statementIf: (name, statement) => ({ 'Fn::If': [has(name), statement, NO_VALUE] }),
    conditionIf: (name, condition) => ({ 'Fn::If': [has(name), condition, NO_VALUE] }),
  };
};

const documentOf = (name: string, part: Part): object => ({
  Version: '2012-10-17',
  Statement: translate(readTemplate(name), languageOf(part)),
});

const TAGS = [{ Key: 'eyrie:environment', Value: refTo('Environment') }];

const roleResources = (role: Role, part: Part): Record<string, object> => {
  const { trust, policies } = publishedRole(role);
  const logical = `${capital(role)}Role`;
  const nameOf = refTo(`${logical}Name`);
  const resources = policies.map((document) => [
    `${logical}${document.split('-').map(capital).join('')}`,
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        ManagedPolicyName: new ShortForm('!Sub', `\${${logical}Name}-${document}`),
        Roles: [refTo(logical)],
        PolicyDocument: documentOf(document, part),
      },
    },
  ]);
  return {
    [logical]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: nameOf,
        AssumeRolePolicyDocument: documentOf(trust, part),
        PermissionsBoundary: { 'Fn::If': [has('permissionsBoundary'), refTo('PermissionsBoundary'), NO_VALUE] },
        Tags: TAGS,
      },
    },
    ...Object.fromEntries(resources),
  };
};

const CONTROL_BUCKET = {
  Bucket: {
    Type: 'AWS::S3::Bucket',
    // Without it, nobody would know any more what stands in the account.
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      BucketName: refTo('ControlBucket'),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: EXPIRING.map((Prefix) => ({
          Id: `eyrie-${Prefix.slice(0, -1)}`,
          Status: 'Enabled',
          Prefix,
          ExpirationInDays: EXPIRING_AFTER_DAYS,
        })),
      },
      Tags: TAGS,
    },
  },
};

const TITLES: Readonly<Record<Part, string>> = {
  home: "Eyrie's own account: the roles of worker and API, and the control bucket",
  'pay-model': "A pay model's account: the role that Eyrie's worker enters",
  'compute-account': "An account for compute environments: the role that Eyrie's worker enters",
  'image-reader': "The account of an image pipeline: the role that lists its images for Eyrie's worker",
};

/** YAML 1.1, as AWS reads it: a version is quoted, or it would be a date. Short, since a template has 51,200 bytes at most. */
const YAML = {
  customTags: SHORT_FORMS,
  version: '1.1' as const,
  lineWidth: 0,
  aliasDuplicateObjects: false,
  indentSeq: false,
};

export const cloudFormation = (part: Part): string => {
  const names = parametersOf(part);
  const parameters = names.map((name) => {
    const { kind, description, default: usual } = PARAMETERS[name] ?? { kind: 'text', description: '' };
    const Default = usual ?? (kind === 'text' ? undefined : '');
    return [
      capital(name),
      {
        Type: kind === 'list' ? 'CommaDelimitedList' : 'String',
        Description: description,
        ...(Default !== undefined && { Default }),
      },
    ];
  });
  const conditions = names
    .filter((name) => PARAMETERS[name]?.kind !== 'text')
    .map((name) => {
      const value = refTo(capital(name));
      const text = PARAMETERS[name]?.kind === 'list' ? { 'Fn::Join': ['', value] } : value;
      return [has(name), { 'Fn::Not': [{ 'Fn::Equals': [text, ''] }] }];
    });
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: TITLES[part],
    Parameters: Object.fromEntries(parameters),
    Conditions: Object.fromEntries(conditions),
    Resources: {
      ...Object.assign({}, ...ROLES_OF[part].map((role) => roleResources(role, part))),
      ...(part === 'home' && {
        ...CONTROL_BUCKET,
        BucketPolicy: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: { Bucket: refTo('Bucket'), PolicyDocument: documentOf('control-bucket', part) },
        },
      }),
    },
    Outputs: Object.fromEntries(
      ROLES_OF[part].map((role) => [
        `${capital(role)}RoleArn`,
        { Value: new ShortForm('!GetAtt', `${capital(role)}Role.Arn`) },
      ]),
    ),
  };
  return `# Generated from docs/reference/iam by \`npm run templates\`.\n${stringify(template, YAML)}`;
};

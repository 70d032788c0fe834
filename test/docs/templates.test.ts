/** Terraform's modules and CloudFormation's templates say what the published documents say. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SHORT_FORMS, ShortForm } from '#bootstrap/cloudformation.ts';
import { publishedRole, renderDocument, type Values } from '#bootstrap/documents.ts';
import { PARAMETERS, parametersOf, ROLES_OF } from '#bootstrap/parameters.ts';
import { PARTS } from '#bootstrap/plan.ts';
import { templates } from '#bootstrap/templates.ts';

const ROOT = new URL('../../', import.meta.url);

/** What the AWS Command Line Interface uploads as it is. */
const TEMPLATE_BYTES_MAX = 51_200;

describe.each([...templates()])('%s', (path, text) => {
  test('is as it is generated: run `npm run templates` after changing a document', () => {
    const file = new URL(path, ROOT);
    expect(existsSync(file) && readFileSync(file, 'utf8') === text).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThan(
      path.endsWith('.yaml') ? TEMPLATE_BYTES_MAX : Number.POSITIVE_INFINITY,
    );
  });
});

const BUILT_IN = { partition: 'aws', accountId: '123456789012', region: 'us-east-1' };
const WORKER = 'arn:aws:iam::123456789012:role/worker';
const API = 'arn:aws:iam::123456789012:role/api';

/** A value for each parameter; nothing for those that may be nothing, where `full` is false. */
const valuesFor = (part: (typeof PARTS)[number], full: boolean): Record<string, string | string[]> =>
  Object.fromEntries(
    parametersOf(part).map((name) => {
      const kind = PARAMETERS[name]?.kind;
      if (kind === 'list') return [name, full ? [`arn:aws:iam::444455556666:role/${name}`, `arn:aws:x:::${name}`] : []];
      return [name, kind === 'optional' && !full ? '' : `a-${name}`];
    }),
  );

const documentsOf = (part: (typeof PARTS)[number], values: Record<string, string | string[]>) => {
  const given: Values = {
    ...{ workerRoleArn: WORKER, apiRoleArn: API },
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === '' ? [] : value])),
    ...BUILT_IN,
  };
  const roles = ROLES_OF[part].flatMap((role) => {
    const { trust, policies } = publishedRole(role);
    return [trust, ...policies].map((name) => [`${role} ${name}`, renderDocument(name, given)]);
  });
  return Object.fromEntries([
    ...roles,
    ...(part === 'home' ? [['bucket', renderDocument('control-bucket', given)]] : []),
  ]);
};

const CASES = PARTS.flatMap((part) =>
  [true, false].map((full) => [part, full ? 'with all' : 'with the least', full] as const),
);

describe('CloudFormation', () => {
  test.each(CASES)('%s, %s', (part, _, full) => {
    const values = valuesFor(part, full);
    const template = parse(templates().get(`deploy/cloudformation/${part}.yaml`) ?? '', {
      customTags: SHORT_FORMS,
      version: '1.1',
    });
    const named: Record<string, unknown> = {
      'AWS::Partition': BUILT_IN.partition,
      'AWS::AccountId': BUILT_IN.accountId,
      'AWS::Region': BUILT_IN.region,
      ...Object.fromEntries(
        Object.keys(template.Parameters).map((name) => [name, values[name.replace(/^./, (one) => one.toLowerCase())]]),
      ),
    };
    const evaluate = (node: unknown): unknown => {
      if (node instanceof ShortForm) {
        if (node.tag === '!GetAtt') return node.text === 'WorkerRole.Arn' ? WORKER : API;
        if (node.tag === '!Ref') return node.text === 'AWS::NoValue' ? undefined : (named[node.text] ?? node.text);
        return node.text.replace(/\$\{([\w:]+)\}/g, (_whole, name: string) => String(named[name]));
      }
      if (Array.isArray(node)) return node.map(evaluate).filter((one) => one !== undefined);
      if (typeof node !== 'object' || node === null) return node;
      const choice = (node as { 'Fn::If'?: [string, unknown, unknown] })['Fn::If'];
      if (choice) return evaluate(choice[isTrue(choice[0]) ? 1 : 2]);
      const entries = Object.entries(node).map(([key, value]) => [key, evaluate(value)] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    };
    const isTrue = (condition: string): boolean => {
      const [
        {
          'Fn::Equals': [left],
        },
      ] = template.Conditions[condition]['Fn::Not'];
      const value = evaluate(left['Fn::Join'] ? left['Fn::Join'][1] : left);
      return (Array.isArray(value) ? value.join('') : value) !== '';
    };
    const documents: Record<string, unknown> = {};
    for (const [logical, { Type, Properties }] of Object.entries<{ Type: string; Properties: Record<string, unknown> }>(
      template.Resources,
    )) {
      const role = ROLES_OF[part].find((one) => logical.toLowerCase().startsWith(`${one.toLowerCase()}role`));
      if (Type === 'AWS::IAM::Role' && role)
        documents[`${role} ${publishedRole(role).trust}`] = evaluate(Properties.AssumeRolePolicyDocument);
      if (Type === 'AWS::IAM::ManagedPolicy') {
        const name = String((Properties.ManagedPolicyName as ShortForm).text).replace(/^\$\{\w+\}-/, '');
        documents[`${role} ${name}`] = evaluate(Properties.PolicyDocument);
        expect(evaluate(Properties.Roles)).toHaveLength(1);
      }
      if (Type === 'AWS::S3::BucketPolicy') documents.bucket = evaluate(Properties.PolicyDocument);
    }
    expect(documents).toEqual(documentsOf(part, values));
  });
});

describe('Terraform', () => {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  test.each(CASES)('%s, %s', (part, _, full) => {
    const values = valuesFor(part, full);
    const module = JSON.parse(templates().get(`deploy/terraform/${part}/main.tf.json`) ?? '');
    const named: Record<string, unknown> = {
      'data.aws_partition.current.partition': BUILT_IN.partition,
      'data.aws_caller_identity.current.account_id': BUILT_IN.accountId,
      'var.region': BUILT_IN.region,
      'aws_iam_role.worker.arn': WORKER,
      'aws_iam_role.api.arn': API,
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`var.${snake(name)}`, value])),
    };
    const said = (expression: string): unknown => {
      const [, condition, object] = /^(.+) \? (\{.+\}) : null$/.exec(expression) ?? [];
      if (condition !== undefined && object !== undefined) {
        const json = object.replaceAll(' = ', ': ').replace(/var\.\w+/g, (name) => JSON.stringify(named[name]));
        return said(condition) ? JSON.parse(json) : undefined;
      }
      const [, list] = /^length\((.+)\) > 0$/.exec(expression) ?? [];
      if (list !== undefined) return (named[list] as string[]).length > 0;
      const [, text] = /^(.+) != ""$/.exec(expression) ?? [];
      if (text !== undefined) return named[text] !== '';
      expect(named).toHaveProperty([expression]);
      return named[expression];
    };
    const evaluate = (node: unknown): unknown => {
      if (typeof node === 'string') {
        const [, whole] = /^\$\{([^}]+|.+ \? .+)\}$/.exec(node) ?? [];
        if (whole !== undefined && !whole.includes('${')) return said(whole);
        return node.replace(/\$\{([^}]+)\}/g, (_whole, expression: string) => String(said(expression)));
      }
      if (Array.isArray(node)) return node.map(evaluate).filter((one) => (one as { When?: boolean }).When !== false);
      if (typeof node !== 'object' || node === null) return node;
      const entries = Object.entries(node).map(([key, value]) => [key, evaluate(value)] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    };
    const documentFrom = (statements: object[]) => ({
      Version: '2012-10-17',
      Statement: (evaluate(statements) as { When?: boolean }[]).map(({ When, ...rest }) => rest),
    });
    const documents: Record<string, unknown> = {};
    for (const role of ROLES_OF[part]) {
      documents[`${role} ${publishedRole(role).trust}`] = documentFrom(module.locals[`${snake(role)}_trust`]);
      for (const [name, statements] of Object.entries(module.locals[snake(role)])) {
        documents[`${role} ${name}`] = documentFrom(statements as object[]);
      }
      expect(module.resource.aws_iam_policy[snake(role)].for_each).toContain(`local.${snake(role)}`);
    }
    if (part === 'home') documents.bucket = documentFrom(module.locals.control_bucket);
    expect(documents).toEqual(documentsOf(part, values));
    const variables = new Set(Object.keys(module.variable));
    for (const [, used = ''] of JSON.stringify(module).matchAll(/\bvar\.(\w+)/g)) expect(variables).toContain(used);
  });
});

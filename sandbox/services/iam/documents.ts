/**
 * Policy documents as IAM checks them when they are written: syntax by the independent simulator's validator, principals
 * of trust policies by looking them up, sizes without white space.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { findIdentityPolicyFaults } from '../../access/simulator.ts';
import { AwsError } from '../../core/error.ts';
import type { Snapshots } from './contract.ts';

/** Characters without white space. */
const SIZE_MAX = { managed: 6_144, role: 10_240, user: 2_048, group: 5_120, trust: 2_048 } as const;

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocument', message);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const size = (text: string): number => text.replaceAll(/\s/g, '').length;

const parse = (text: string): Json => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
  if (!isObject(document)) throw malformed('Syntax errors in policy.');
  return document;
};

/** @throws MalformedPolicyDocument */
const checkIdentity = async (text: string): Promise<void> => {
  const document = parse(text);
  if (list(document.Statement).length === 0) throw malformed('Syntax errors in policy.');
  for (const statement of list(document.Statement)) {
    if (!isObject(statement)) throw malformed('Syntax errors in policy.');
    if (statement.Principal !== undefined || statement.NotPrincipal !== undefined) {
      throw malformed('Policy document should not specify a principal.');
    }
    if (statement.Action === undefined && statement.NotAction === undefined) {
      throw malformed('Policy statement must contain actions.');
    }
    if (statement.Resource === undefined && statement.NotResource === undefined) {
      throw malformed('Policy statement must contain resources.');
    }
  }
  if ((await findIdentityPolicyFaults(document)).length > 0) throw malformed('Syntax errors in policy.');
};

/** @throws MalformedPolicyDocument, LimitExceeded */
export const checkManaged = async (text: string): Promise<void> => {
  if (size(text) > SIZE_MAX.managed) {
    throw new AwsError('LimitExceeded', `Cannot exceed quota for PolicySize: ${SIZE_MAX.managed}`, 409);
  }
  await checkIdentity(text);
};

/** Inline policies share one allowance per identity: `others` are its other documents. @throws as `checkManaged`. */
export const checkInline = async (
  kind: 'role' | 'user' | 'group',
  name: string,
  text: string,
  others: readonly string[],
): Promise<void> => {
  const total = [text, ...others].reduce((sum, document) => sum + size(document), 0);
  if (total > SIZE_MAX[kind]) {
    throw new AwsError(
      'LimitExceeded',
      `Maximum policy size of ${SIZE_MAX[kind]} bytes exceeded for ${kind} ${name}`,
      409,
    );
  }
  await checkIdentity(text);
};

const invalidPrincipal = (kind: string, value: string): AwsError =>
  malformed(`Invalid principal in policy: "${kind}":"${value}"`);

const AWS_PRINCIPAL = /^arn:aws:(iam|sts)::(\d{12}):(root|user\/.+|role\/.+|assumed-role\/.+)$/;
const SERVICE_PRINCIPAL = /^[a-z0-9.-]+\.(amazonaws\.com|aws\.internal)$/;

/** Accounts are not checked: in the sandbox every 12-digit number is one. */
export const principalExists = async (snapshots: Snapshots, principal: string): Promise<boolean> => {
  if (principal === '*' || /^\d{12}$/.test(principal)) return true;
  const [, , account = '', entity = ''] = AWS_PRINCIPAL.exec(principal) ?? [];
  if (entity === 'root') return true;
  if (entity.startsWith('assumed-role/')) return true;
  if (!account) return false;
  const { users, roles } = await snapshots.of(account);
  return [...users, ...roles].some(({ Arn }) => Arn === principal);
};

const checkPrincipals = async (snapshots: Snapshots, principal: unknown): Promise<void> => {
  if (principal === '*') return;
  if (!isObject(principal)) throw malformed('AssumeRolepolicy contained an invalid principal.');
  for (const [kind, values] of Object.entries(principal)) {
    for (const value of list(values)) {
      if (typeof value !== 'string') throw malformed('Syntax errors in policy.');
      if (kind === 'AWS' && !(await principalExists(snapshots, value))) throw invalidPrincipal(kind, value);
      if (kind === 'Service' && !SERVICE_PRINCIPAL.test(value)) throw invalidPrincipal('SERVICE', value);
      if (!['AWS', 'Service', 'Federated'].includes(kind)) throw malformed('Syntax errors in policy.');
    }
  }
};

/** A trust policy. @throws MalformedPolicyDocument, LimitExceeded */
export const checkTrust = async (snapshots: Snapshots, text: string): Promise<void> => {
  if (size(text) > SIZE_MAX.trust) {
    throw new AwsError('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${SIZE_MAX.trust}`, 409);
  }
  const document = parse(text);
  const statements = list(document.Statement);
  if (statements.length === 0) throw malformed('Syntax errors in policy.');
  for (const statement of statements) {
    if (!isObject(statement)) throw malformed('Syntax errors in policy.');
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw malformed('Syntax errors in policy.');
    if (statement.Resource !== undefined) throw malformed('Has prohibited field Resource');
    if (statement.NotPrincipal !== undefined) throw malformed('Has prohibited field NotPrincipal');
    if (statement.Principal === undefined) throw malformed('Missing required field Principal');
    if (statement.Action === undefined) throw malformed('Missing required field Action');
    if (!list(statement.Action).every((action) => /^(sts:[\w*]+|\*)$/i.test(String(action)))) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
    }
    await checkPrincipals(snapshots, statement.Principal);
  }
};

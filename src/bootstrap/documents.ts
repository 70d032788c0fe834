/**
 * The IAM documents that are published (docs/reference/iam): templates with `{{placeholders}}`, the one source of what
 * doctor asks about, `eyrie dev` runs under, `eyrie bootstrap` makes, and Terraform and CloudFormation are generated from.
 */
import { readFileSync } from 'node:fs';
import type { PolicyDocument, Statement } from '#domain/resources/policy-document.ts';

const FOLDER = new URL('../../docs/reference/iam/', import.meta.url);

export const ROLES = ['worker', 'api', 'payModel', 'computeAccount', 'imageReader'] as const;

export type Role = (typeof ROLES)[number];

/** What stands for a placeholder: one value, or as many as there are. One that is not named keeps its placeholder. */
export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface PublishedRole {
  /** Names of documents. */
  readonly trust: string;
  readonly policies: readonly string[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

export const publishedRole = (role: Role): PublishedRole => (read('roles') as Record<Role, PublishedRole>)[role];

export const readTemplate = (name: string): PolicyDocument => read(name) as PolicyDocument;

/**
 * The document with these values. A statement about something of which there is none (a list without a value) is left
 * out, as is what a condition wants of it; what else the condition wants stays.
 */
export const renderDocument = (name: string, values: Values): PolicyDocument => {
  const { Version, Statement } = readTemplate(name);
  return { Version, Statement: Statement.flatMap((statement) => renderStatement(statement, values)) };
};

const renderStatement = (statement: Statement, values: Values): Statement[] => {
  const { Condition, ...rest } = fill(statement, values) as Statement;
  if (isAboutNothing(rest)) return [];
  const wanted = Condition && wantedOf(Condition);
  return [{ ...rest, ...(wanted && { Condition: wanted }) }];
};

/** Undefined where nothing is wanted any more. */
export const wantedOf = (condition: NonNullable<Statement['Condition']>): Statement['Condition'] => {
  const wanted = Object.entries(condition)
    .map(([operator, keys]) => [operator, Object.entries(keys).filter(([, values]) => !hasNothing(values))] as const)
    .filter(([, keys]) => keys.length > 0)
    .map(([operator, keys]) => [operator, Object.fromEntries(keys)]);
  return wanted.length === 0 ? undefined : Object.fromEntries(wanted);
};

const isAboutNothing = ({ Resource, Principal }: Omit<Statement, 'Condition'>): boolean =>
  [Resource, Principal].some((part) => part !== undefined && hasNothing(part));

const hasNothing = (part: unknown): boolean => {
  if (typeof part !== 'object' || part === null) return false;
  return Array.isArray(part) ? part.length === 0 : Object.values(part).some(hasNothing);
};

/** The name of the placeholder that a text consists of; undefined where there is more to it. */
export const placeholderIn = (text: string): string | undefined => /^\{\{(\w+)\}\}$/.exec(text)?.[1];

export const PLACEHOLDER = /\{\{(\w+)\}\}/g;

const fill = (node: unknown, values: Values): unknown => {
  if (typeof node === 'string') return fillText(node, values);
  // Several in the place of one, in a list, are part of that list.
  if (Array.isArray(node)) return node.flatMap((each: unknown) => fill(each, values));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, each]) => [fillText(key, values), fill(each, values)]));
};

const fillText = (text: string, values: Values): string | readonly string[] => {
  const whole = values[placeholderIn(text) ?? ''];
  if (whole !== undefined) return whole;
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : placeholder;
  });
};

/** The IAM documents that are published for the role of a worker and of an API, as questions to IAM's simulator. */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../docs/reference/iam/', import.meta.url);

export type Role = 'worker' | 'api';

/** One statement as a question: all of these actions on all of these resources. */
export interface Question {
  /** Name of the document. */
  readonly document: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context: readonly ContextEntry[];
}

export interface ContextEntry {
  readonly key: string;
  readonly type: 'string' | 'boolean' | 'numeric';
  readonly value: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const read = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');

const listOf = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? (one as readonly T[]) : [one as T]);

/** @param values what stands for the placeholders; a resource with one that is left is not asked about */
export const questionsOf = (role: Role, values: Readonly<Record<string, string>>): Question[] => {
  const roles = JSON.parse(read('roles')) as Record<Role, { readonly policies: readonly string[] }>;
  return roles[role].policies.flatMap((document) => {
    const text = read(document).replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder);
    const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly Statement[] };
    return statements.flatMap((statement) => questionOf(document, statement));
  });
};

const questionOf = (document: string, statement: Statement): Question[] => {
  const resources = listOf(statement.Resource).filter((resource) => !resource.includes('{{'));
  if (statement.Effect !== 'Allow' || resources.length === 0) return [];
  return [{ document, actions: listOf(statement.Action), resources, context: contextOf(statement) }];
};

/** A request that meets the conditions. What must not be there is left out. */
const contextOf = ({ Condition = {} }: Statement): ContextEntry[] => {
  const entries = Object.entries(Condition).flatMap(([operator, keys]) =>
    /Not|^Null/.test(operator)
      ? []
      : Object.entries(keys).map(([key, expected]): ContextEntry => {
          const type = /Bool/.test(operator) ? 'boolean' : /Numeric/.test(operator) ? 'numeric' : 'string';
          return { key, type, value: String(listOf(expected)[0] ?? '') };
        }),
  );
  return [...new Map(entries.map((entry) => [entry.key, entry])).values()];
};

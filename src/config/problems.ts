/** What is wrong with a configuration, for the person who wrote it. Never repeats a value: it may be a secret. */
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { ConfigSchema } from './schema.ts';

/** A problem, and the path of the option that it is about; empty: the whole file. */
export interface ConfigProblem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** The parts of an issue of zod's that are told. */
export interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: unknown;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

/** @param raw what was given: what is missing is told from what is wrong */
export const problemsOf = (issues: readonly Issue[], raw: unknown): ConfigProblem[] =>
  issues.flatMap((issue) => problemsOfIssue(issue, raw));

const problemsOfIssue = (issue: Issue, raw: unknown): ConfigProblem[] => {
  const { code, path, message, keys = [] } = issue;
  if (code === 'unrecognized_keys') {
    return keys.map((key) => ({ path: [...path, key], text: `no such option${suggestionFor(path, key)}` }));
  }
  // Of the forms that it may have, the one that was tried: where it fails inside.
  const tried = issue.errors?.find((branch) =>
    branch.some((one) => one.path.length > 0 || one.code !== 'invalid_type'),
  );
  if (tried)
    return problemsOf(
      tried.map((one) => ({ ...one, path: [...path, ...one.path] })),
      raw,
    );
  const expected = expectedOf(issue);
  if (expected !== '' && path.length > 0 && !isGiven(raw, path)) return [{ path, text: `is missing: ${expected}` }];
  if (issue.errors || (code === 'invalid_format' && /^an? /.test(message))) {
    return [{ path, text: `expected ${issue.errors ? expected : message}` }];
  }
  return [{ path, text: message.replace(/^Invalid (input|option): /, '') }];
};

const NAMES: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  record: 'a map',
  int: 'a whole number',
};

const expectedOf = ({ expected, errors = [] }: Issue): string =>
  typeof expected === 'string'
    ? (NAMES[expected] ?? `a ${expected}`)
    : errors.flatMap((branch) => branch.map(expectedOf)).join(' or ');

const isGiven = (raw: unknown, [head, ...rest]: readonly PropertyKey[]): boolean => {
  if (head === undefined) return raw !== undefined;
  return typeof raw === 'object' && raw !== null && isGiven((raw as Record<PropertyKey, unknown>)[head], rest);
};

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** The nearest option beside it; else where an option of its very name is. */
const suggestionFor = (path: readonly PropertyKey[], key: string): string => {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const beside = Object.keys(optionsAt(schema, path));
  const near = nearest(key, beside);
  if (near !== undefined) return `; did you mean ${near}?`;
  const elsewhere = pathsOf(schema).filter((one) => one.split('.').at(-1)?.toLowerCase() === key.toLowerCase());
  return elsewhere.length === 0 ? '' : `; there is ${elsewhere.join(' and ')}`;
};

/** What a schema is of, where it is one of several. */
const formsOf = (schema: Schema): readonly Schema[] => [schema, ...(schema.anyOf ?? []).flatMap(formsOf)];

const childrenOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  Object.assign({}, ...formsOf(schema).map(({ properties }) => properties));

/** What stands under any name, or at any place of a list. */
const anyOf = (schema: Schema): Schema =>
  formsOf(schema).flatMap(({ items, additionalProperties: named }) =>
    [items, named].filter((one) => typeof one === 'object'),
  )[0] ?? {};

const optionsAt = (schema: Schema, [head, ...rest]: readonly PropertyKey[]): Readonly<Record<string, Schema>> => {
  const children = childrenOf(schema);
  return head === undefined ? children : optionsAt(children[String(head)] ?? anyOf(schema), rest);
};

/** Of every option that has a name of its own. */
const pathsOf = (schema: Schema): string[] =>
  Object.entries(childrenOf(schema)).flatMap(([name, child]) => [
    name,
    ...pathsOf(child).map((below) => `${name}.${below}`),
  ]);

/** Policies by what they mean: AWS gives them back with other white space, key order and one-element lists unpacked. */
import { canonicalJson } from '#domain/core/canonical-json.ts';

/** Do both say the same? Text that isn't JSON says nothing that anything equals. */
export const sameDocument = (one: string, other: string): boolean => {
  const left = meaningOf(one);
  return left !== undefined && left === meaningOf(other);
};

const meaningOf = (text: string): string | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const { Statement, ...rest } = parsed;
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  return canonicalJson({ ...rest, Statement: sorted(statements.map(statementMeaning)) });
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `*` alone is short for every AWS principal. */
const statementMeaning = (statement: unknown): unknown =>
  isObject(statement)
    ? valueMeaning({ ...statement, ...(statement.Principal === '*' && { Principal: { AWS: '*' } }) })
    : statement;

/** One value and a list of one are the same, lists have no order, and `true` is `"true"`. */
const valueMeaning = (value: unknown): unknown => {
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueMeaning(each)]));
  return sorted(
    (Array.isArray(value) ? value : [value]).map((each) => (isObject(each) ? valueMeaning(each) : String(each))),
  );
};

const sorted = (values: readonly unknown[]): unknown[] =>
  [...new Map(values.map((value) => [canonicalJson(value), value])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);

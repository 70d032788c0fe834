/**
 * Groups of options, parsed one by one: what one of them is not leaves the others usable, so that their rules speak too,
 * and a name that no option has is answered with the one that was meant.
 */
import type { z } from 'zod';

export interface FieldProblem {
  /** With dots, from the body on: `config.forge.maxCpus`. */
  readonly path: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

export type Fields = Readonly<Record<string, z.ZodType>>;

export type ValuesOf<F extends Fields> = { readonly [K in keyof F]: z.output<F[K]> };

/** What is left out, or null, is this: the default of the reference page, too. */
export const or = <S extends z.ZodType, const D>(schema: S, value: D) =>
  schema
    .nullable()
    // Shown by the schema; its type is checked where the parsed values are put together.
    .default(value as never)
    .transform((given): z.output<S> | D => given ?? value);

/** What may be left out. */
export const maybe = <S extends z.ZodType>(schema: S) => or(schema, null);

export interface Parsed<F extends Fields> {
  /** Of all that are usable. */
  readonly values: Partial<ValuesOf<F>>;
  readonly problems: readonly FieldProblem[];
}

/**
 * @param at path of the group, with a dot behind it; empty: the body
 * @param elsewhere names that are no options of this group, and what to say of them
 */
export const parseFields = <F extends Fields>(
  fields: F,
  given: unknown,
  at: string,
  elsewhere: (name: string) => string | undefined = () => undefined,
): Parsed<F> => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { values: {}, problems: [{ path: at.slice(0, -1) || 'body', message: wanted(given, 'an object') }] };
  }
  const raw = given as Record<string, unknown>;
  const unknown = Object.keys(raw)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => ({ path: `${at}${name}`, message: elsewhere(name) ?? unknownOption(name, Object.keys(fields)) }));
  const results = Object.entries(fields).map(([name, schema]) => ({
    name,
    ...parseField(schema, raw[name], `${at}${name}`),
  }));
  const usable = results.flatMap(({ name, parsed }) => (parsed === undefined ? [] : [[name, parsed.value] as const]));
  return {
    values: Object.fromEntries(usable) as Partial<ValuesOf<F>>,
    problems: [...unknown, ...results.flatMap(({ problems }) => problems)],
  };
};

const parseField = (
  schema: z.ZodType,
  raw: unknown,
  path: string,
): { readonly parsed?: { readonly value: unknown }; readonly problems: readonly FieldProblem[] } => {
  const { success, data, error } = schema.safeParse(raw);
  if (success) return { parsed: { value: data }, problems: [] };
  if (raw === undefined || raw === null) return { problems: [{ path, message: 'required' }] };
  return { problems: error.issues.flatMap((issue) => problemsOf(issue, schema, path)) };
};

const problemsOf = (issue: z.core.$ZodIssue, schema: z.ZodType, at: string): FieldProblem[] => {
  const path = [at, ...issue.path.map(String)].join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  const names = Object.keys(shapeAt(schema, issue.path) ?? {});
  return issue.keys.map((key) => ({ path: `${path}.${key}`, message: unknownOption(key, names) }));
};

/** The members of an object within a schema, through all that is wrapped around it. */
const shapeAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodShape | undefined => {
  const [name, ...rest] = path;
  const { def } = schema._zod as unknown as { readonly def: WrappedSchema };
  if (def.innerType) return shapeAt(def.innerType, path);
  if (def.in) return shapeAt(def.in, path);
  if (name === undefined) return def.shape;
  const inner = def.element ?? def.shape?.[String(name)];
  return inner && shapeAt(inner, rest);
};

/** Of a schema, where it has it: of an optional, of a transform, of a list, of an object. */
interface WrappedSchema {
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly shape?: z.core.$ZodShape;
}

const wanted = (given: unknown, what: string): string =>
  given === undefined || given === null ? 'required' : `must be ${what}`;

const unknownOption = (name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  return meant === undefined ? 'no such option' : `no such option: did you mean ${meant}?`;
};

/** The known name that is most alike; undefined where none is. */
const nearest = (name: string, known: readonly string[]): string | undefined => {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(2, name.length / 3) ? best.candidate : undefined;
};

/** Letters to put in, take out or change (Levenshtein). */
const distanceOf = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, char] of [...from].entries()) {
    const next = [at + 1];
    for (const [index, other] of [...to].entries()) {
      const changed = (row[index] ?? 0) + (char === other ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

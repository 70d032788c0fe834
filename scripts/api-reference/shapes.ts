import type { ApiDocument, Operation } from '#api/document.ts';
import { block, pretty, slug, table } from './markdown.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
}

/** @returns undefined where the schema stands where it is used. */
export const nameOfSchema = (schema: { $ref?: string } | undefined): string | undefined =>
  schema?.$ref?.split('/').at(-1);

/** Each named schema: its members, and where a route shows one, an example. */
export const renderShapes = (document: ApiDocument): string =>
  Object.entries(document.components.schemas as Record<string, Schema>)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const example = exampleOf(document, name);
      return [
        `### ${name}`,
        ...(schema.description ? [`${schema.description}.`] : []),
        ...membersOf(schema),
        ...(example === undefined ? [] : [block('json', pretty(example))]),
      ].join('\n\n');
    })
    .join('\n\n');

const membersOf = (schema: Schema): string[] => {
  const rows = flatten(schema, '');
  if (rows.length === 0) return ['Whatever there is to tell.'];
  return [table(['member', 'type', ''], rows)];
};

/** Members of members, too, but for those that have a name of their own. */
const flatten = (schema: Schema, prefix: string): string[][] => {
  const own = parts(schema).flatMap((part) => {
    if (part.items) return flatten(part.items, `${prefix}[]`);
    return Object.entries(part.properties ?? {}).flatMap(([name, member]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const needed = part.required?.includes(name) ? '' : ', optional';
      return [
        [`\`${path}\``, `${typeOf(member)}${needed}`, (member.description ?? '').replace(/\.$/, '')],
        ...(nameOfSchema(member) ? [] : flatten(member, path)),
      ];
    });
  });
  return own;
};

/** What it is made of, without references: they are named. */
const parts = (schema: Schema): Schema[] =>
  schema.$ref
    ? []
    : [schema, ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((some) => some ?? []).flatMap(parts)];

const typeOf = (schema: Schema): string => {
  const name = nameOfSchema(schema);
  if (name) return `[${name}](#${slug(name)})`;
  if (schema.enum) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  const some = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (some) return [...new Set(some.map(typeOf))].join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object')
    return `map of ${typeOf(schema.additionalProperties)}`;
  return typeof schema.type === 'string' ? schema.type : 'anything';
};

/** Of the first answer that has this shape: what a request is like stands with its route. */
const exampleOf = (document: ApiDocument, name: string): unknown => {
  const operations: Operation[] = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { responses } of operations)
    for (const answer of Object.values(responses))
      for (const media of Object.values(answer.content ?? {}))
        if (nameOfSchema(media.schema) === name) return media.example ?? Object.values(media.examples ?? {})[0]?.value;
  return undefined;
};

/** The part of a JSON schema that reference pages are made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

const typeOf = ({ type, enum: values, anyOf, items }: Schema): string => {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (anyOf) return [...new Set(anyOf.map(typeOf))].filter((name) => name !== 'null').join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  if (Array.isArray(type)) return type.filter((name) => name !== 'null').join(' or ');
  return type === 'object' ? 'map' : String(type ?? 'any');
};

export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Rows of a table of options. Maps are followed, `*` stands for any name; a map of free content is one row. */
export const rowsOf = (path: string, schema: Schema, required: boolean): string[] => {
  const inner = schema.anyOf?.find(({ type }) => type === 'object' || type === 'array') ?? schema;
  const own = inner.items?.properties ? inner.items : inner;
  const at = own === inner ? path : `${path}[]`;
  const children = Object.entries(own.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(at ? `${at}.${name}` : name, child, own.required?.includes(name) ?? false),
  );
  const free = own.additionalProperties;
  const named = typeof free === 'object' && free.properties ? rowsOf(`${at}.*`, free, false) : [];
  const value = schema.default;
  const shown = value === undefined || children.length > 0 || named.length > 0 ? '' : `\`${JSON.stringify(value)}\``;
  const row = `| \`${path}\` | ${cell(typeOf(schema))} | ${required ? 'required' : shown} | ${cell(schema.description ?? '')} |`;
  return path === '' ? children : [row, ...children, ...named];
};

import type { ApiDocument, Operation } from '#api/document.ts';
import { block, pretty, slug, table } from './markdown.ts';
import { nameOfSchema } from './shapes.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: { readonly enum?: readonly string[]; readonly default?: unknown; readonly example?: unknown };
}

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** Statuses that are the same at every route like this one stand in one line. */
const isShared = ({ $ref }: { $ref?: string }): boolean => $ref !== undefined;

export const renderRoutes = (document: ApiDocument): string => {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const kinds = (document as unknown as { tags: Tag[] }).tags.map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags?.includes(name));
    const list = table(
      ['route', '', 'answers'],
      own.map((route) => [
        `[\`${route.name}\`](#${slug(route.name)})`,
        route.operation.summary,
        Object.keys(route.operation.responses).join(', '),
      ]),
    );
    const details = own.map((route) => renderRoute(route.name, route.operation));
    return [`### ${name}`, `${description}.`, list, ...details].join('\n\n');
  });
  return kinds.join('\n\n');
};

const renderRoute = (name: string, operation: Operation): string => {
  const { summary, description } = operation;
  return [
    `#### ${name}`,
    `${summary}. ${description}`,
    ...parametersOf(operation),
    ...bodyOf(operation),
    answersOf(operation),
  ].join('\n\n');
};

const parametersOf = ({ parameters = [] }: Operation): string[] => {
  if (parameters.length === 0) return [];
  const rows = (parameters as unknown as Parameter[]).map(({ name, in: where, required, description = '', schema }) => [
    `\`${name}\``,
    `${where}${required ? ', required' : ''}`,
    [
      description,
      ...(schema.enum ? [`One of ${schema.enum.map((one) => `\`${one}\``).join(', ')}`] : []),
      ...(schema.default === undefined ? [] : [`Default: \`${String(schema.default)}\``]),
      ...(schema.example === undefined ? [] : [`For example \`${[schema.example].flat().join(', ')}\``]),
    ]
      .map((one) => one.replace(/\.$/, ''))
      .join('. '),
  ]);
  return [table(['parameter', 'in', ''], rows)];
};

const bodyOf = ({ requestBody }: Operation): string[] => {
  const media = requestBody?.content['application/json'];
  if (!media) return [];
  const shape = shapeOf(media.schema);
  const examples = Object.entries(media.examples ?? {}).flatMap(([name, { value }]) => [
    `${name.charAt(0).toUpperCase()}${name.slice(1)}:`,
    block('json', pretty(value)),
  ]);
  return [`Body: ${shape}.`, ...examples];
};

const answersOf = ({ responses }: Operation): string => {
  const own = Object.entries(responses).filter(([, answer]) => !isShared(answer));
  const rows = own.map(([status, { description = '', content = {}, headers = {} }]) => {
    const [type, media] = Object.entries(content)[0] ?? [];
    const carried = Object.keys(headers).filter((header) => header !== 'X-Request-Id');
    const what = [
      ...(type && media && Number(status) < 400
        ? [type === 'application/json' ? shapeOf(media.schema) : `\`${type}\``]
        : []),
      ...(carried.length > 0 ? [`with ${carried.map((header) => `\`${header}\``).join(', ')}`] : []),
    ];
    return [status, description, what.join(', ')];
  });
  const shared = Object.entries(responses).filter(([, answer]) => isShared(answer));
  const others = shared.map(([status]) => status).join(', ');
  return `${table(['status', '', ''], rows)}\n\nBesides, as [any such route](#problems): ${others}.`;
};

/** A link to the shape, where it has a name. */
const shapeOf = (schema: { $ref?: string } | undefined): string => {
  const name = nameOfSchema(schema);
  return name ? `[${name}](#${slug(name)})` : 'JSON';
};

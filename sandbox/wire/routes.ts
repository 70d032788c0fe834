/** Finds the operation of a REST service from method, path, query string and headers. */
import type { Model, Operation, Shape } from './model.ts';
import { shapeOf } from './model.ts';
import { decodePath, parseQuery, type RawRequest } from './request.ts';

interface Route {
  readonly operation: Operation;
  readonly segments: readonly string[];
  /** Query parameters that stand in the URI pattern itself, for example `list-type=2`. */
  readonly literals: readonly [string, string][];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly weight: number;
}

/** Patterns that shadow others and that nobody sends to a general purpose bucket. */
const NOT_ROUTED = ['ListDirectoryBuckets', 'WriteGetObjectResponse'];

const requiredAt = (shape: Shape | undefined, location: string): string[] =>
  (shape?.required ?? [])
    .map((name) => ({ name, member: shape?.members?.[name] }))
    .filter(({ member }) => member?.location === location)
    .map(({ name, member }) => (member?.locationName ?? name).toLowerCase());

const routeOf = (model: Model, operation: Operation): Route => {
  const [path = '/', query = ''] = operation.http.requestUri.split('?');
  const input = operation.input && shapeOf(model, operation.input.shape);
  const literals = parseQuery(query);
  const requiredQuery = requiredAt(input, 'querystring');
  const requiredHeaders = requiredAt(input, 'header');
  const segments = path.split('/').slice(1);
  const fixed = segments.filter((segment) => !segment.startsWith('{')).length;
  return {
    operation,
    segments: segments.filter((segment, index) => segment !== '' || index < segments.length - 1),
    literals,
    requiredQuery,
    requiredHeaders,
    weight: fixed * 1000 + literals.length * 100 + (requiredQuery.length + requiredHeaders.length) * 10,
  };
};

const tables = new WeakMap<Model, readonly Route[]>();

const tableOf = (model: Model): readonly Route[] => {
  const known = tables.get(model);
  if (known) return known;
  const table = Object.values(model.operations)
    .filter(({ name, deprecated }) => !NOT_ROUTED.includes(name) && !(model.protocol === 'rest-xml' && deprecated))
    .map((operation) => routeOf(model, operation))
    .sort((a, b) => b.weight - a.weight);
  tables.set(model, table);
  return table;
};

/** The values of the pattern's placeholders, or undefined when the path does not fit. */
const matchPath = (segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined => {
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    const placeholder = /^\{(\w+)(\+?)\}$/.exec(segment);
    if (placeholder?.[2] === '+') {
      const rest = parts.slice(index).join('/');
      if (rest === '') return undefined;
      values[placeholder[1] ?? ''] = decodePath(rest);
      return values;
    }
    if (part === undefined || (placeholder ? part === '' : part !== segment)) return undefined;
    if (placeholder) values[placeholder[1] ?? ''] = decodePath(part);
  }
  // An ARN as last placeholder may come with its slashes unescaped.
  if (parts.length > segments.length) {
    const last = segments.at(-1) ?? '';
    if (!/^\{\w*[aA]rn\}$/.test(last)) return undefined;
    values[last.slice(1, -1)] = decodePath(parts.slice(segments.length - 1).join('/'));
  }
  return values;
};

export interface Routed {
  readonly operation: Operation;
  readonly uri: Record<string, string>;
}

/** The operation whose pattern fits best; the more it demands, the better it fits. */
export const findRoute = (model: Model, request: RawRequest): Routed | undefined => {
  const query = parseQuery(request.query);
  const names = new Map(query.map(([name, value]) => [name, value]));
  const lower = new Set(query.map(([name]) => name.toLowerCase()));
  const parts = request.path.split('/').slice(1);
  if (parts.length > 1 && parts.at(-1) === '' && (model.protocol === 'rest-json' || parts.length === 2)) parts.pop();
  if (parts.length === 1 && parts[0] === '') parts.pop();
  for (const route of tableOf(model)) {
    if (route.operation.http.method !== request.method) continue;
    if (!route.literals.every(([name, value]) => names.has(name) && (value === '' || names.get(name) === value)))
      continue;
    if (!route.requiredQuery.every((name) => lower.has(name))) continue;
    if (!route.requiredHeaders.every((name) => name in request.headers)) continue;
    const uri = matchPath(route.segments, parts);
    if (uri) return { operation: route.operation, uri };
  }
  return undefined;
};

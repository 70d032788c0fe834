/** From a raw request to operation and parameters, for every protocol that the sandbox speaks. */
import { findModel, type Model, type Operation, type Shape, shapeOf } from './model.ts';
import { decodeQuery } from './query.ts';
import { parseQuery, type RawRequest } from './request.ts';
import { findRoute } from './routes.ts';
import { parseXml, readXml } from './xml.ts';

export interface Decoded {
  readonly operation: string;
  readonly params: Record<string, unknown>;
}

/** What a call is named whose operation could not be told. */
const UNKNOWN = '*unknown*';

const parseJson = (body: Buffer): Record<string, unknown> => {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
  } catch {
    return {};
  }
};

const inputOf = (model: Model, operation: Operation): Shape | undefined =>
  operation.input && shapeOf(model, operation.input.shape);

const decodeForm = (model: Model, request: RawRequest): Decoded => {
  const form = request.method === 'POST' ? request.body.toString('utf8') : '';
  const pairs = [...parseQuery(request.query), ...parseQuery(form)];
  const name = pairs.find(([key]) => key === 'Action')?.[1];
  if (!name) return { operation: UNKNOWN, params: {} };
  const operation = model.operations[name];
  const members = pairs.filter(([key]) => key !== 'Action' && key !== 'Version' && !key.startsWith('X-Amz-'));
  return { operation: name, params: decodeQuery(model, operation && inputOf(model, operation), members) };
};

const decodeTarget = (request: RawRequest): Decoded => ({
  operation: request.headers['x-amz-target']?.split('.').at(-1) || UNKNOWN,
  params: parseJson(request.body),
});

const readHeaders = (headers: Record<string, string>, prefix: string): Record<string, string> | undefined => {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return found.length > 0
    ? Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
    : undefined;
};

const readLocated = (model: Model, shape: Shape, request: RawRequest): Record<string, unknown> => {
  const query = parseQuery(request.query);
  const params: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const key = member.locationName ?? name;
    if (member.location === 'header') params[name] = request.headers[key.toLowerCase()];
    if (member.location === 'headers') params[name] = readHeaders(request.headers, key.toLowerCase());
    if (member.location !== 'querystring') continue;
    const values = query.filter(([found]) => found === key).map(([, value]) => value);
    params[name] = shapeOf(model, member.shape).type === 'list' && values.length > 0 ? values : values[0];
  }
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
};

/** The part of the body that the model describes; object contents and policies stay in the request. */
const readBody = (model: Model, shape: Shape, request: RawRequest): Record<string, unknown> => {
  const payload = shape.payload === undefined ? undefined : shape.members?.[shape.payload];
  if (model.protocol === 'rest-json') {
    return payload && shape.payload ? { [shape.payload]: parseJson(request.body) } : parseJson(request.body);
  }
  if (!payload || !shape.payload || request.body.length === 0) return {};
  const inner = shapeOf(model, payload.shape);
  if (inner.type === 'string') return { [shape.payload]: request.body.toString('utf8') };
  if (inner.type !== 'structure') return {};
  const root = parseXml(request.body.toString('utf8'));
  return root ? { [shape.payload]: readXml(model, root.content, inner) } : {};
};

const decodeRest = (model: Model, request: RawRequest): Decoded => {
  const route = findRoute(model, request);
  if (!route) return { operation: UNKNOWN, params: {} };
  const shape = inputOf(model, route.operation);
  if (!shape) return { operation: route.operation.name, params: route.uri };
  const params = { ...readBody(model, shape, request), ...readLocated(model, shape, request), ...route.uri };
  return { operation: route.operation.name, params };
};

/** S3 requests are expected in path style. */
export const decodeRequest = (service: string, request: RawRequest): Decoded => {
  const model = findModel(service);
  if (!model) return { operation: decodeTarget(request).operation, params: {} };
  if (model.protocol === 'json') return decodeTarget(request);
  if (model.protocol === 'query' || model.protocol === 'ec2') return decodeForm(model, request);
  return decodeRest(model, request);
};

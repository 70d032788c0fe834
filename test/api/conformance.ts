/** Whether an answer is one that the OpenAPI document promises: status, type, headers, body, and which codes. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ApiDocument, Operation } from '#api/document.ts';
import type { Link } from '#api/links.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Conformance {
  readonly document: ApiDocument;
  /** What is wrong with a value, by a schema of the document; empty where nothing is. */
  errorsOf(schema: unknown, value: unknown): string[];
  /** What is wrong with an answer; empty where nothing is, or where the path is none of the document's. */
  faultsOf(method: string, path: string, answer: Answered): string[];
}

const ROOT = 'https://eyrie.example.org/openapi.json';

export const createConformance = (document: ApiDocument): Conformance => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  const isTime = (text: string) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
  ajv.addFormat('date-time', isTime).addFormat('uri', (text: string) => URL.canParse(text));
  ajv.addSchema(document, ROOT);

  const compiled = new Map<string, ValidateFunction>();
  const errorsOf = (schema: unknown, value: unknown): string[] => {
    // A reference is one into the document, wherever the schema stands.
    const text = JSON.stringify(schema).replaceAll('"$ref":"#', `"$ref":"${ROOT}#`);
    let validate = compiled.get(text);
    if (!validate) {
      validate = ajv.compile(JSON.parse(text));
      compiled.set(text, validate);
    }
    return validate(value)
      ? []
      : (validate.errors ?? []).map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`);
  };

  const patterns = Object.keys(document.paths)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`) }))
    // The one with fewer names in it is meant.
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);

  const operationAt = (method: string, path: string): Operation | 'another method' | undefined => {
    // As the application reads it: dots are gone.
    const own = new URL(path, ROOT).pathname;
    const found = patterns.filter(({ pattern }) => pattern.test(own)).map((one) => document.paths[one.path] ?? {});
    const operation = found.map((methods) => methods[method.toLowerCase()]).find((one) => one !== undefined);
    return operation ?? (found.length > 0 ? 'another method' : undefined);
  };

  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

  /** It leads to an operation, with all that this needs, from where the answer has it. */
  const linkFaults = ({ operationId, parameters = {}, requestBody }: Link, body: unknown): string[] => {
    const target = operations.find((one) => one.operationId === operationId);
    if (!target) return [`links to ${operationId}, which is no operation`];
    const taken = (target.parameters ?? []) as { name: string; required?: boolean; schema?: unknown }[];
    const lacks = taken.filter(({ name, required }) => required && !Object.hasOwn(parameters, name));
    const media = target.requestBody?.content['application/json'];
    return [
      ...lacks.map(({ name }) => `links to ${operationId} without ${name}`),
      ...(media
        ? errorsOf(media.schema, requestBody).map((error) => `links to ${operationId} with a body: ${error}`)
        : []),
      ...Object.entries(parameters).flatMap(([name, expression]) => {
        const [from, pointer = ''] = expression.split('#/');
        const value = from === '$response.body' ? (body as Record<string, unknown>)[pointer] : undefined;
        const into = taken.find((one) => one.name === name);
        return errorsOf(into ? into.schema : false, value).map(
          (error) => `links to ${operationId} with ${name}: ${error}`,
        );
      }),
    ];
  };

  const faultsOf = (method: string, path: string, { status, headers, text }: Answered): string[] => {
    const operation = operationAt(method, path);
    if (operation === undefined || operation === 'another method') return [];
    const where = `${operation.operationId} ${status}`;
    const listed = operation.responses[status];
    if (!listed) return [`${where} is in no document: ${text.slice(0, 300)}`];
    const answer = listed.$ref ? document.components.responses[listed.$ref.split('/').at(-1) ?? ''] : listed;
    if (!answer) return [`${where} refers to nothing`];
    const missing = Object.entries((answer.headers ?? {}) as Record<string, { required?: boolean }>)
      .filter(([name, { required }]) => required && !headers.has(name))
      .map(([name]) => `${where} has no ${name}`);
    if (!answer.content) return [...missing, ...(text === '' ? [] : [`${where} has a body`])];
    const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const media = answer.content[type];
    if (!media) return [...missing, `${where} is of another type: ${type}`];
    const value: unknown = type.endsWith('json') ? JSON.parse(text) : text;
    return [
      ...missing,
      ...errorsOf(media.schema, value).map((error) => `${where}: ${error}`),
      ...Object.values(answer.links ?? {}).flatMap((link) =>
        linkFaults(link, value).map((fault) => `${where} ${fault}`),
      ),
    ];
  };

  return { document, errorsOf, faultsOf };
};

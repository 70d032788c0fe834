/** What the OpenAPI document says of every route, and that its examples are what its schemas say. */
import { describe, expect, test } from 'vitest';
import { type ApiAnswer, apiRig, type Caller, conformanceOf } from './rig.ts';

const { app, call } = apiRig({ storage: {} as never });
const { document, errorsOf } = conformanceOf(app);

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema: { readonly example?: unknown; readonly default?: unknown; readonly enum?: readonly unknown[] };
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    path,
    method,
    operation,
  })),
);

/** With what the document says once for all of them. */
const answersOf = (operation: (typeof operations)[number]['operation']) =>
  Object.entries(operation.responses).map(([status, listed]) => ({
    status: Number(status),
    answer: (listed.$ref ? document.components.responses[listed.$ref.split('/').at(-1) ?? ''] : listed) ?? {},
  }));

interface Body {
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

const examplesOf = ({ example, examples = {} }: Body): unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples).map(({ value }) => value),
];

test('there are many routes, with an id each of its own', () => {
  expect(operations.length).toBeGreaterThan(70);
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
});

describe.each(operations)('$route', ({ path, method, operation }) => {
  test('has a kind, a summary, a description, and says who may call it', () => {
    const { tags, summary, description, security } = operation;
    expect(tags).toHaveLength(1);
    expect(summary).toMatch(/\S{2}/);
    expect(description).toMatch(/\S{2}/);
    expect(security !== undefined).toBe(!/^\/(health\/|_status|_version|metrics)/.test(path));
  });

  test('describes its parameters, with an example that fits', () => {
    for (const { name, description, schema } of (operation.parameters ?? []) as unknown as Parameter[]) {
      expect([name, description]).toEqual([name, expect.stringMatching(/\S{2}/)]);
      const { example = schema.default ?? schema.enum?.[0] } = schema;
      expect([name, example]).not.toEqual([name, undefined]);
      expect([name, errorsOf(schema, example)]).toEqual([name, []]);
    }
  });

  test('has whole bodies as examples, of requests and of answers, that are what its schemas say', () => {
    const bodies = [
      ...Object.values((operation.requestBody?.content ?? {}) as Record<string, Body>),
      ...answersOf(operation).flatMap(({ answer }) => Object.values((answer.content ?? {}) as Record<string, Body>)),
    ];
    for (const body of bodies) {
      expect([operation.operationId, examplesOf(body).length]).not.toEqual([operation.operationId, 0]);
      for (const example of examplesOf(body)) expect(errorsOf(body.schema, example)).toEqual([]);
    }
  });

  test('says what any route like it may answer', () => {
    const statuses = answersOf(operation).map(({ status }) => status);
    const isBearer = operation.security?.some((one) => 'bearer' in one);
    const expected = [405, 500, ...(isBearer ? [401, 403, 503] : []), ...(method === 'get' ? [] : [408, 413, 415])];
    expect(statuses).toEqual(expect.arrayContaining(expected));
    expect(statuses.some((status) => status < 300)).toBe(true);
    for (const { answer } of answersOf(operation)) expect(answer.description).toMatch(/\S{2}/);
  });
});

test('every answer about what was started links to where it is looked at', () => {
  const started = operations
    .filter(({ method }) => method !== 'get')
    .flatMap(({ route, operation }) =>
      Object.entries(operation.responses)
        .filter(([status, { content }]) => (status === '201' || status === '202') && content)
        .map(([status, { links = {} }]) => ({ answer: `${route} ${status}`, links: Object.keys(links) })),
    );
  expect(started.length).toBeGreaterThan(20);
  // Its progress is the caller's own: there is nothing to name.
  expect(started.filter(({ links }) => links.length === 0).map(({ answer }) => answer)).toEqual([
    'DELETE /storage/user-bucket/objects 202',
    'DELETE /storage/user-bucket 202',
  ]);
});

test('kinds are described, in the order in which the routes are read, and each has routes', async () => {
  const { tags, servers } = document as unknown as { tags: { name: string; description: string }[]; servers: unknown };
  expect(new Set(operations.map(({ operation }) => operation.tags?.[0]))).toEqual(
    new Set(tags.map(({ name }) => name)),
  );
  expect(tags[0]?.name).toBe('Workspaces');
  for (const { description } of tags) expect(description).toMatch(/\S{2}/);
  expect(servers).toMatchObject([{ url: 'https://eyrie.example.org' }]);
});

/** Bodies whose answer depends on what is there: they are tried on the real API (test/s3/clients). */
const bodies = operations.flatMap(({ route, path, method, operation }) =>
  Object.entries((operation.requestBody?.content['application/json'] as Body | undefined)?.examples ?? {})
    .filter(() => !/^\/(ga4gh|storage)\//.test(path))
    .map(([name, { value }]) => ({ route, name, path, method, value })),
);

const REFUSED = [400, 413, 415, 422];

test.each(bodies)('$route takes its example: $name', async ({ path, method, value }) => {
  const ask = (as: Caller) => call(as, method.toUpperCase(), path.replace('{id}', 'localhost.nobody'), value);
  // Whom it is for differs: nobody else may ask for it.
  const answers = await Promise.all((['alice', 'hatchery', 'operator'] as const).map(ask));
  const isTaken = ({ status, text }: ApiAnswer) =>
    // Seqera's clients are told 403 of what is not there.
    !REFUSED.includes(status) && (status !== 403 || text.includes('there is no such compute environment'));
  expect(answers.some(isTaken) ? [] : answers.map(({ text }) => text)).toEqual([]);
});

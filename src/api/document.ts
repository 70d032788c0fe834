/**
 * The OpenAPI document: what each route says of itself, and what is true of all routes of its kind, its method or its
 * path, said once and put in here.
 */

import { callersOf, renderCallers } from './callers.ts';
import type { App } from './deps.ts';
import { EXAMPLES } from './examples/examples.ts';
import { type Link, linksOf } from './links.ts';
import { headersOf, type ProblemStatus, problem } from './openapi.ts';
import { isSeqeraPath } from './routes/seqera/problem.ts';
import { refusal } from './routes/seqera/refusal.ts';

interface Media {
  schema?: { $ref?: string };
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Answer {
  $ref?: string;
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Media>;
  links?: Record<string, Link>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
}

export interface ApiDocument {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown>; readonly responses: Record<string, Answer> };
}

/** Kinds of routes, in the order in which they are read. */
const TAGS: readonly { readonly name: string; readonly description: string; readonly paths: RegExp }[] = [
  {
    name: 'Workspaces',
    description: 'A user’s queue, compute environment, network, roles and key: launched, parked, disposed of',
    paths: /^\/v1\/workspaces/,
  },
  { name: 'Hatchery', description: 'What Hatchery calls instead of its own functions', paths: /^\/hatchery\// },
  {
    name: 'Compute environments',
    description: 'Batch compute environments from the options of Seqera Platform’s Tower Forge, and more',
    paths: /^\/v1\/compute-environments/,
  },
  {
    name: 'Seqera',
    description: 'Compute environments in the shapes of Seqera Platform’s API, for its clients',
    paths: /^\/seqera\//,
  },
  {
    name: 'Own storage',
    description:
      'The caller’s bucket, and sessions for the S3 endpoint `/s3`. The S3 endpoint itself is S3, and stands in no document',
    paths: /^\/(storage\/(?!credentials)|aws\/)/,
  },
  { name: 'Users’ storage', description: 'Buckets of users, for those who look after them', paths: /^\/v1\/storage/ },
  {
    name: 'Access keys',
    description: 'IAM keys of users and of their tasks',
    paths: /^\/(storage\/credentials|v1\/key-holders)/,
  },
  { name: 'Tasks', description: 'GA4GH TES 1.1, in front of a TES server', paths: /^\/ga4gh\// },
  { name: 'Schedules', description: 'What Eyrie does by itself, again and again', paths: /^\/v1\/schedules/ },
  { name: 'Sweeps', description: 'What is left over in AWS, found and removed', paths: /^\/v1\/sweeps/ },
  {
    name: 'Operations',
    description: 'Health, version and numbers of this process; they need no token',
    paths: /^\/(health\/|_version|_status|metrics)/,
  },
];

/** Whoever reads this has the API before them, and not its source. */
const DESCRIPTION = `Durable control plane for Nextflow workspaces on AWS.

- **Authentication**: \`Authorization: Bearer TOKEN\`, with a token of the configured issuer.
- **Problems**: a refusal is \`application/problem+json\` with a \`code\`, a \`detail\` that says what to do, and a \`requestId\` for the logs.
- **Doing it once**: asking again for a state joins the first call. Where a call makes something new or hands it out, \`Idempotency-Key\` makes it safe to repeat.
- **Waiting**: 202 has \`Location\` and \`Retry-After\`; \`…/events\` are server-sent events. \`POST /hatchery/launch\` takes \`Prefer: wait=N\`.
- **Lists** are paged by \`limit\` and \`cursor\`, the \`nextCursor\` of the page before.`;

/** @param publicUrl how clients reach this API */
export const createDocument = (app: App, version: string, publicUrl: string): ApiDocument => {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Eyrie',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl, description: 'This API, as its clients reach it' }],
    tags: TAGS.map(({ name, description }) => ({ name, description })),
  }) as unknown as ApiDocument & { components: { responses?: Record<string, Answer> } };
  document.components.responses = { ...document.components.responses, ...SHARED };
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(operations)) complete(path, method, operation);
  return document;
};

const complete = (path: string, method: string, operation: Operation): void => {
  operation.tags = [tagOf(path)];
  const callers = callersOf(path, operation.operationId);
  if (callers) operation.description = `${operation.description} ${renderCallers(callers)}`;
  for (const status of everywhere(path, method, operation)) operation.responses[status] ??= sharedAnswer(path, status);
  for (const answer of Object.values(operation.responses))
    if (answer.$ref === undefined) answer.headers = { ...headersOf(['X-Request-Id']), ...answer.headers };
  if (method !== 'get') addLinks(operation);
  const { body, answers = {} } = EXAMPLES[operation.operationId] ?? {};
  if (body) mediaOf(operation.requestBody).examples = named(body);
  for (const [status, value] of Object.entries(answers)) mediaOf(operation.responses[status]).example = value;
};

/** To what was asked for. */
const addLinks = ({ responses }: Operation): void => {
  for (const [status, answer] of Object.entries(responses)) {
    const links = Number(status) < 300 && linksOf(Object.values(answer.content ?? {})[0]?.schema);
    if (links) answer.links = links;
  }
};

const named = (bodies: Readonly<Record<string, unknown>>): Record<string, { value: unknown }> =>
  Object.fromEntries(Object.entries(bodies).map(([name, value]) => [name, { value }]));

/** @throws Error where there is an example and nothing of which it could be one. */
const mediaOf = (holder: { content?: Record<string, Media> } | undefined): Media => {
  const [media] = Object.values(holder?.content ?? {});
  if (!media) throw new Error('an example of a body that no route has');
  return media;
};

/** @throws Error for a route of no kind. */
const tagOf = (path: string): string => {
  const [tag, ...others] = TAGS.filter(({ paths }) => paths.test(path));
  if (!tag || others.length > 0) throw new Error(`${path} is of no kind, or of several: see TAGS`);
  return tag.name;
};

/** What any route like this one may answer. */
const everywhere = (path: string, method: string, operation: Operation): ProblemStatus[] => {
  const { security, parameters = [], requestBody } = operation;
  const isBearer = security?.some((one) => 'bearer' in one) ?? false;
  const isChecked = requestBody !== undefined || parameters.length > 0;
  // What is not valid is 400 for clients of TES and of Seqera.
  const invalid = /^\/(ga4gh|seqera)\//.test(path) ? 400 : 422;
  return [
    ...(requestBody ? [400 as const] : []),
    ...(isBearer ? ([401, 403, 503] as const) : []),
    // Dots for a name make another path, which may be none.
    ...(path.includes('{') ? [404 as const] : []),
    405,
    ...(method === 'get' ? [] : ([408, 413, 415] as const)),
    ...(isChecked ? [invalid as 400 | 422] : []),
    500,
  ];
};

const NAMES: Readonly<Record<ProblemStatus, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableContent',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
};

const SHARED: Readonly<Record<string, Answer>> = Object.fromEntries(
  Object.entries(NAMES).flatMap(([status, name]) => [
    [name, problem(Number(status)) as Answer],
    [`Seqera${name}`, refusal(Number(status)) as Answer],
  ]),
);

/** A body that is late is refused before anybody knows what it was for. */
const sharedAnswer = (path: string, status: ProblemStatus): Answer => ({
  $ref: `#/components/responses/${isSeqeraPath(path) && status !== 408 ? 'Seqera' : ''}${NAMES[status]}`,
});

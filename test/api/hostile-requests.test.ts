/**
 * Requests that no well-meaning client sends, at every route: none is a fault of the API's, and each is answered as the
 * document says (which the rig looks at by itself).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiRig, type Caller, conformanceOf, TOKENS } from './rig.ts';
import { userStorageRig } from './user-storage-rig.ts';

const { document } = conformanceOf(apiRig({ storage: {} as never }).app);

/** Streams go on for as long as there is something to tell, and tasks are a TES server's: both are tried elsewhere. */
const routes = Object.entries(document.paths)
  .filter(([path]) => !path.startsWith('/ga4gh/') && !path.endsWith('/events'))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters = [] }]) => ({
      ...{ method: method.toUpperCase(), path, parameters },
      example: Object.values(requestBody?.content['application/json']?.examples ?? {})[0]?.value,
    })),
  );

const CALLERS = ['alice', 'hatchery', 'operator'] as const satisfies readonly Caller[];

const SEGMENTS = [
  ...[
    '%00',
    '%2F',
    '%2e%2e',
    '..%2f..',
    '%ff',
    '%',
    '%zz',
    '%0d%0a',
    '%20',
    '%F0%9F%92%A9',
    '%ed%a0%80',
    ':',
    '~',
    ';a=b',
  ],
  ...[
    'localhost.',
    '.bob',
    'localhost.%00',
    'a'.repeat(513),
    'a'.repeat(9_000),
    '__proto__',
    'constructor',
    '-1',
    '1e309',
  ],
];

const VALUES = [
  ...[
    '',
    '%00',
    '%ff',
    '1e309',
    '-1',
    '0',
    '9007199254740993',
    'NaN',
    'null',
    'true',
    '[object%20Object]',
    '%F0%9F%92%A9',
  ],
  ...['a'.repeat(3_000), '../..', '%22%27', '__proto__', '=', '&', '{}', 'eyJ9', 'bm9uc2Vuc2U'],
];

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { accept: 'text/html' },
  { accept: 'nonsense;q=7' },
  { prefer: 'wait=-1, respond-async; wait="' },
  { prefer: 'wait=99999999999999999999' },
  { prefer: 'a'.repeat(300) },
  { 'idempotency-key': '' },
  { 'idempotency-key': 'a'.repeat(256) },
  { 'idempotency-key': '\u00ff/../%00' },
  { 'x-request-id': 'a'.repeat(300) },
  { 'if-match': '*', range: 'bytes=0-0', expect: '' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'APPLICATION/PROBLEM+JSON' },
  { 'content-type': 'multipart/form-data' },
  { 'content-type': ';' },
];

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** As text: JSON that is odd, and what is none. */
const BODIES = [
  ...[
    '',
    'null',
    '[]',
    '""',
    '0',
    'true',
    '{',
    '{}',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
    '\ufeff{}',
    'NaN',
  ],
  ...['{"constructor":null}', '{"":""}', '{"user":"\\ud800"}', '{"user":"\\u0000"}', '{"name":1e400}', deep(50_000)],
];

/** What is put in the place of a member of a body that is valid. */
const MEMBERS: readonly unknown[] = [
  ...[null, [], {}, '', 0, -1, 1.5, 1e21, true, '\u0000', '\ud800', 'a'.repeat(5_000), '🦅', '../..', ' a ', '%{x}'],
  ...[[null], { a: { b: [] } }, ['a', 1], { toString: 1 }, 'AKIAIOSFODNN7EXAMPLE'],
];

const replaced = (body: unknown, at: number, value: unknown): unknown => {
  let seen = -1;
  const walk = (one: unknown): unknown => {
    seen += 1;
    if (seen === at) return value;
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([key, member]) => [key, walk(member)]));
    return one;
  };
  return walk(body);
};

const requests = fc.record({
  segment: fc.constantFrom(...SEGMENTS),
  query: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...VALUES)), { maxLength: 3 }),
  headers: fc.oneof(fc.constant({}), fc.constantFrom(...HEADERS)),
  body: fc.oneof(
    fc.constantFrom(...BODIES).map((text) => () => text),
    fc.tuple(fc.nat({ max: 12 }), fc.constantFrom(...MEMBERS)).map(
      ([at, value]) =>
        (example: unknown) =>
          JSON.stringify(replaced(example ?? {}, at, value)) ?? 'null',
    ),
    fc.constantFrom('name', 'user', 'config', 'step', 'nextflow', 'labels').map((member) => (example: unknown) => {
      const members = JSON.stringify({ ...(example as object), [member]: 0 });
      return members.replace(`"${member}":0`, `"${member}":${deep(20_000)}`);
    }),
  ),
  isKnown: fc.boolean(),
  as: fc.constantFrom(...CALLERS),
});

describe.each(routes)('$method $path', ({ method, path, parameters, example }) => {
  const names = [
    'limit',
    'cursor',
    'no-such',
    ...parameters.filter((one) => one.in === 'query').map(({ name }) => name),
  ];

  test('whatever is asked, it is no fault', async () => {
    // A launch that is taken up would be waited for as long as `Prefer` asks for.
    const rig = userStorageRig(AbortSignal.abort());
    await rig.begun('bob');
    await fc.assert(
      fc.asyncProperty(requests, async ({ segment, query, headers, body, isKnown, as }) => {
        const at = path.replace(/\{\w+\}/, isKnown ? 'localhost.bob' : segment).replace(/\{\w+\}/g, 'a');
        const text = query.map(([name, value]) => `${names[name % names.length]}=${value}`).join('&');
        const hasBody = method !== 'GET' && method !== 'HEAD';
        const answer = await rig.call(as, method, `${at}?${text}`, hasBody ? body(example) : undefined, headers);
        expect([answer.status < 500, answer.text]).toEqual([true, answer.text]);
      }),
      { numRuns: 15 },
    );
  });
});

const isAlike = (template: string, path: string): boolean =>
  new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);

test('a method that a path does not have is 405 with those that it has, and HEAD is as GET', async () => {
  const rig = userStorageRig();
  for (const path of new Set(routes.map((one) => one.path))) {
    const at = path.replace(/\{\w+\}/g, 'localhost.bob');
    // A word may stand where another path has a name.
    const alike = Object.entries(document.paths).filter(([other]) => isAlike(other, at));
    const has = alike.flatMap(([, methods]) => Object.keys(methods)).map((method) => method.toUpperCase());
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      if (has.includes(method) || (method === 'HEAD' && has.includes('GET'))) continue;
      const answer = await rig.app.request(at, { method, headers: { authorization: `Bearer ${TOKENS.operator}` } });
      expect([method, path, answer.status]).toEqual([method, path, expect.toBeOneOf([404, 405])]);
      if (answer.status === 405) expect(answer.headers.get('allow')).toContain(has[0]);
    }
  }
});

test('bytes that are no UTF-8 are no JSON: two names would become one', async () => {
  const rig = userStorageRig();
  const answer = await rig.app.request('/v1/workspaces', {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.hatchery}`, 'content-type': 'application/json' },
    body: Buffer.from('7b2275736572223a22ff222c2270726f66696c65223a226e657874666c6f77227d', 'hex'),
  });
  expect(answer.status).toBe(400);
  expect(rig.workflows.started).toEqual([]);
});

import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createReadiness } from '#api/readiness.ts';
import { fail } from '#domain/core/failures.ts';
import { apiRig, idOf } from './rig.ts';

describe('health', () => {
  test('live answers whatever its peers do', async () => {
    const rig = apiRig({ ready: false });
    rig.workflows.down = true;
    expect(await rig.call(null, 'GET', '/health/live')).toMatchObject({ status: 200, body: { live: true } });
  });

  test('ready says which peer does not answer', async () => {
    expect(await apiRig().call(null, 'GET', '/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
    expect(await apiRig({ ready: false }).call(null, 'GET', '/health/ready')).toMatchObject({
      status: 503,
      body: { ready: false, checks: { temporal: 'does not answer', controlBucket: 'ok' } },
    });
  });

  test('ready tells a bucket that refuses, or is gone, from one that is away', async () => {
    const stateWhen = async (error: Error): Promise<string | undefined> => {
      const send = async () => Promise.reject(error);
      const temporal = { withDeadline: async () => undefined, options: { namespace: 'default' } };
      const parts = { temporal, s3: { send }, bucket: 'control', draining: new AbortController().signal };
      return (await createReadiness(parts as never)()).checks.controlBucket;
    };
    expect(await stateWhen(fail('Denied', 's3:HeadBucket: the service answered 403'))).toBe('refuses');
    expect(await stateWhen(fail('NotFound', 's3:HeadBucket: the service answered 404'))).toBe('is not there');
    expect(await stateWhen(fail('Unavailable', 'connect ECONNREFUSED'))).toBe('does not answer');
  });

  test("_status and _version answer as Gen3's services do", async () => {
    expect(await apiRig().call(null, 'GET', '/_status')).toMatchObject({ status: 200, text: 'Healthy' });
    expect(await apiRig({ ready: false }).call(null, 'GET', '/_status')).toMatchObject({ status: 503 });
    expect(await apiRig().call(null, 'GET', '/_version')).toMatchObject({ body: { version: '1.2.3', commit: 'abc' } });
  });
});

test('metrics count by route pattern, so that users make no series of their own', async () => {
  const rig = apiRig();
  await rig.launched('alice');
  await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`);
  await rig.call('alice', 'GET', '/no/such/route/of/alice');
  const { text } = await rig.call(null, 'GET', '/metrics');
  expect(text).toMatch(/eyrie_http_requests_total\{method="GET",route="\/v1\/workspaces\/:id",status="200"\} 1/);
  expect(text).toMatch(/eyrie_launches_total\{outcome="started"\} 1/);
  expect(text).not.toContain('alice');
});

describe('problems', () => {
  test('an unknown route is a problem with the request id of its header', async () => {
    const answer = await apiRig().call(null, 'GET', '/nope', undefined, { 'x-request-id': 'my-request' });
    expect(answer).toMatchObject({
      status: 404,
      body: {
        type: 'urn:eyrie:problem:NotFound',
        title: 'Not found',
        status: 404,
        detail: 'there is no such route',
        instance: '/nope',
        code: 'NotFound',
        requestId: 'my-request',
      },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe('my-request');
  });

  test.each([
    ['PUT', '/v1/workspaces', 'GET, HEAD, POST'],
    ['DELETE', `/v1/workspaces/${idOf('alice')}`, 'GET, HEAD'],
    ['GET', '/hatchery/launch', 'POST'],
    ['POST', '/health/live', 'GET, HEAD'],
  ])('%s %s is 405 with what is allowed', async (method, path, allow) => {
    const answer = await apiRig().call('operator', method, path);
    expect(answer).toMatchObject({ status: 405, body: { status: 405, code: 'Invalid' } });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('a broken percent encoding is no server error', async () => {
    expect((await apiRig().call('operator', 'GET', '/v1/workspaces/%zz')).status).toBe(404);
  });
});

test('the OpenAPI document describes each route with its problems and the shape of a workspace', async () => {
  const { body } = await apiRig().call(null, 'GET', '/openapi.json');
  const document = body as {
    openapi: string;
    paths: Record<string, Record<string, { responses: object; security?: unknown; operationId: string }>>;
    components: { schemas: Record<string, { properties: object; required: string[] }> };
  };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/_status', '/_version', '/metrics']));
  expect(document.paths['/v1/workspaces']?.post).toMatchObject({
    operationId: 'launchWorkspace',
    security: [{ bearer: [] }],
  });
  expect(Object.keys(document.paths['/v1/workspaces']?.post?.responses ?? {})).toEqual(
    expect.arrayContaining(['202', '400', '401', '403', '409', '413', '415', '422', '503']),
  );
  expect(document.components.schemas.Workspace?.required).toEqual(
    expect.arrayContaining(['operation', 'steps', 'stuck', 'error', 'leftovers', 'credential']),
  );
});

const TYPES: Readonly<Record<string, RegExp>> = {
  '.css': /^text\/css/,
  '.js': /^text\/javascript/,
  '.svg': /^image\/svg\+xml/,
};

test('the document names no file of the repository, which its readers do not have', async () => {
  const { text } = await apiRig().call(null, 'GET', '/openapi.json');
  expect(text.match(/\bdocs\/[\w/-]+|[\w-]+\.md\b/g) ?? []).toEqual([]);
});

test('the reference page loads nothing from elsewhere', async () => {
  const rig = apiRig();
  const page = await rig.call(null, 'GET', '/docs');
  expect(page).toMatchObject({ status: 200 });
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
  expect(links).toEqual(expect.arrayContaining(['./docs/swagger-ui-bundle.js', './docs/start.js']));
  expect(page.text).toContain('<link rel="icon" href="./docs/icon.svg"');
  const urls = links.map((link) => new URL(link, 'http://eyrie.test/docs'));
  expect(urls.map(({ host }) => host)).toEqual(links.map(() => 'eyrie.test'));
  const answers = await Promise.all(urls.map(({ pathname }) => rig.call(null, 'GET', pathname)));
  expect(answers.map(({ status }) => status)).toEqual(links.map(() => 200));
  expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual(
    links.map((link) => expect.stringMatching(TYPES[link.slice(link.lastIndexOf('.'))] ?? /^nothing else$/)),
  );
  expect(answers.at(-1)?.text).toContain("url: './openapi.json'");
  expect(answers.at(-2)?.text).toContain('SwaggerUIBundle');
});

interface Parameter {
  readonly required?: boolean;
  readonly schema: { readonly example?: unknown };
}

test('the reference page fills in nothing that may be left out', async () => {
  const rig = apiRig();
  const { text: start } = await rig.call(null, 'GET', '/docs/start.js');
  const { text } = await rig.call(null, 'GET', '/openapi.json');
  interface Response {
    readonly url: string;
    readonly ok: boolean;
    readonly text: string;
  }
  let received = (response: Response): Response => response;
  const SwaggerUIBundle = (options: { readonly responseInterceptor: typeof received }) => {
    received = options.responseInterceptor;
  };
  runInNewContext(start, { SwaggerUIBundle });
  type Paths = Record<string, Record<string, { readonly parameters?: readonly Parameter[] }>>;
  const exampled = (document: string, required: boolean) =>
    Object.values((JSON.parse(document) as { readonly paths: Paths }).paths)
      .flatMap((path) => Object.values(path).flatMap(({ parameters = [] }) => parameters))
      .filter((one) => (one.required ?? false) === required && one.schema.example !== undefined);
  expect(exampled(text, false)).not.toEqual([]);
  const shown = received({ url: 'http://eyrie.test/openapi.json', ok: true, text }).text;
  expect(exampled(shown, false)).toEqual([]);
  expect(exampled(shown, true)).toEqual(exampled(text, true));
  // What is tried out is shown as it was answered.
  const tried = { url: 'http://eyrie.test/v1/workspaces', ok: true, text };
  expect(received(tried).text).toBe(text);
});

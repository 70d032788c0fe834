/** Whatever a request is refused for, its audit line names what was asked for, and who asked where that is known. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditLine } from '#s3/audit.ts';
import { OPERATIONS, type Operation } from '#s3/operations.ts';
import { type Credentials, type S3Call, s3, send } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { errorBody, type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';
import { token } from '../support/tokens.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;
const lines: AuditLine[] = [];
beforeAll(async () => {
  upstream = await scriptedUpstream((_req, res) => {
    const body = errorBody('AccessDenied');
    res.writeHead(403, { 'content-length': String(body.length) }).end(body);
  });
  proxy = await startProxy({ upstream: upstream.upstream, audit: (line) => void lines.push(line) });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

const MARKER_VALUES: Readonly<Record<string, string>> = { 'list-type': '2', uploadId: 'u', id: '1' };

const callOf = ({ method, on, marker, copies }: Operation, user: string): Partial<S3Call> & { path: string } => {
  const bucket = `/${bucketOf(user)}`;
  return {
    method,
    path: on === 'service' ? '/' : on === 'bucket' ? bucket : `${bucket}/k`,
    ...(marker !== undefined && { query: { [marker]: MARKER_VALUES[marker] ?? '' } }),
    ...(copies && { headers: { 'x-amz-copy-source': `${bucket}/k` } }),
  };
};

const nobody: Credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };

const REFUSALS: Record<string, (operation: Operation) => Promise<unknown>> = {
  'nobody asks': (operation) => {
    const { method = 'GET', path, query = {}, headers = {} } = callOf(operation, 'u');
    const text = new URLSearchParams(query).toString();
    return send({
      method,
      origin: `http://127.0.0.1:${proxy.port}`,
      target: `/s3${path}${text && `?${text}`}`,
      headers: ['host', 'x', ...Object.entries(headers).flat()],
    });
  },
  'a key id that is not known': (operation) =>
    s3({ endpoint: proxy.endpoint, credentials: nobody, ...callOf(operation, 'u') }),
  'a wrong secret': (operation) =>
    s3({
      endpoint: proxy.endpoint,
      credentials: { ...proxy.session('u'), secretAccessKey: 'wrong' },
      ...callOf(operation, 'u'),
    }),
  'an expired token': async (operation) =>
    s3({
      endpoint: proxy.endpoint,
      credentials: { accessKeyId: await token({ sub: 'u', ttl: -60 }), secretAccessKey: 'N/A' },
      ...callOf(operation, 'u'),
    }),
  'an old date': (operation) =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), date: new Date(0), ...callOf(operation, 'u') }),
  'an unsigned header': (operation) =>
    s3({
      endpoint: proxy.endpoint,
      credentials: proxy.session('u'),
      unsigned: { 'x-amz-meta-x': 'y' },
      ...callOf(operation, 'u'),
    }),
  'no right': (operation) =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session('u', { rights: [] }), ...callOf(operation, 'u') }),
  'somebody else’s bucket': (operation) =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), ...callOf(operation, 'other') }),
};

describe.each(Object.keys(REFUSALS))('%s', (reason) => {
  test('each operation, offered or not, is audited by its name', async () => {
    for (const operation of OPERATIONS) {
      lines.length = 0;
      await REFUSALS[reason]?.(operation);
      await expect.poll(() => lines.length).toBe(1);
      const [line] = lines;
      expect({ reason, operation: line?.operation }).toEqual({ reason, operation: operation.name });
      if (line?.operation !== 'ListBuckets') expect(line?.status).toBeGreaterThanOrEqual(400);
    }
  });
});

test('what can’t be read as a request for anything stays unknown', async () => {
  lines.length = 0;
  await send({ method: 'GET', origin: `http://127.0.0.1:${proxy.port}`, target: '/s3/%zz', headers: ['host', 'x'] });
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toMatchObject({ operation: 'unknown', status: 400 });
});

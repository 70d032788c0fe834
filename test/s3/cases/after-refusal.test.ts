/**
 * What was refused is not carried out, also when the rest of its body comes afterwards: a little is read behind a refusal,
 * so that the client can read it, and an answer may have to wait for the one before.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientRequest, ClientResponse } from '#s3/http/client.ts';
import { createEpochs, type Epochs } from '#s3/identity/epochs.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { type S3Call, s3, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

const HOME = `/${bucketOf('alice')}`;
const DOCUMENT = '<Delete><Object><Key>a</Key></Object></Delete>';
const FRAMES = `${DOCUMENT.length.toString(16)}\r\n${DOCUMENT}\r\n0\r\n\r\n`;

let upstream: ScriptedUpstream;
let proxy: TestProxy;
let epochs: Epochs;

beforeEach(async () => {
  upstream = await scriptedUpstream((_req, res) => res.end('<done/>'));
  epochs = createEpochs(memoryEpochStore(), Date.now);
  proxy = await startProxy({ upstream: upstream.upstream, epochs, limits: { idleMs: 1_000 } });
});
afterEach(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

type Call = Partial<S3Call> & { readonly path: string; readonly body: string };

const CALLS: Readonly<Record<string, Call>> = {
  DeleteObjects: {
    method: 'POST',
    path: HOME,
    query: { delete: '' },
    hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: {
      'content-md5': createHash('md5').update(DOCUMENT).digest('base64'),
      'x-amz-decoded-content-length': String(DOCUMENT.length),
    },
    body: FRAMES,
  },
  DeleteObject: { method: 'DELETE', path: `${HOME}/k`, body: 'useless' },
  CopyObject: {
    method: 'PUT',
    path: `${HOME}/k`,
    headers: { 'x-amz-copy-source': `${HOME.slice(1)}/a` },
    body: 'useless',
  },
  'a small PutObject': { method: 'PUT', path: `${HOME}/k`, body: 'small' },
  'a large PutObject': { method: 'PUT', path: `${HOME}/k`, body: 'large'.repeat(20_000) },
};

/** Of a connection whose answers can't leave yet. */
class WaitingResponse extends EventEmitter {
  statusCode = 0;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  writeHead(status: number): void {
    if (this.headersSent) throw new Error('an answer has one head');
    this.statusCode = status;
    this.headersSent = true;
  }
  flushHeaders(): void {}
  writeContinue(): void {}
  write = (): boolean => true;
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** The request with its whole body, but for the word that this was all. */
const begin = async (call: Call) => {
  const common = { endpoint: proxy.endpoint, credentials: proxy.session('alice') };
  const { method, target, headers, body } = await signS3({ ...common, ...call });
  const req = Object.assign(new EventEmitter(), {
    ...{ method, url: target, headers, rawHeaders: Object.entries(headers).flat(), socket: new Socket() },
    ...{ complete: false, pause() {}, resume() {}, destroy() {} },
  });
  const res = new WaitingResponse();
  proxy.s3.handle(req as unknown as ClientRequest, res as unknown as ClientResponse, '/s3');
  await expect.poll(() => req.listenerCount('data')).toBe(1);
  req.emit('data', body);
  const end = (): void => {
    req.complete = true;
    req.emit('end');
  };
  return { res, end };
};

/** What reached the store as a whole. */
const asked = (): string[] =>
  upstream.seen.flatMap(({ method, target, complete }) => (complete ? `${method} ${target}` : []));
const ask = () => s3({ endpoint: proxy.endpoint, credentials: proxy.session('bob'), path: `/${bucketOf('bob')}/k` });

const REFUSALS: Readonly<Record<string, { readonly status: number; readonly by: () => Promise<void> }>> = {
  'its time was over': { status: 400, by: async () => {} },
  'its session was revoked': { status: 403, by: () => epochs.revoke('alice') },
};

test.each(Object.keys(CALLS).flatMap((name) => Object.keys(REFUSALS).map((reason) => [name, reason] as const)))(
  '%s, once %s',
  async (name, reason) => {
    const { status, by } = REFUSALS[reason] as (typeof REFUSALS)[string];
    const { res, end } = await begin(CALLS[name] as Call);
    await by();
    await expect.poll(() => res.statusCode, { timeout: 5_000 }).toBe(status);
    end();
    // Whatever was set off by that has been sent before this is.
    await ask();
    expect(asked()).toEqual([`GET /${bucketOf('bob')}/k`]);
    expect(res.statusCode).toBe(status);
  },
);

test.each(Object.keys(CALLS))('%s, once it is whole, is carried out', async (name) => {
  const { res, end } = await begin(CALLS[name] as Call);
  end();
  await expect.poll(() => res.statusCode).toBe(200);
  expect(asked()).toHaveLength(1);
});

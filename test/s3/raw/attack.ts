/** What an attack on the client's side of the endpoint is: bytes, and what must become of them. */
import { type S3Call, signS3 } from '../support/http.ts';
import { bucketOf, type TestProxy } from '../support/proxy.ts';
import { renderHead } from '../support/raw.ts';

export interface Attack {
  readonly name: string;
  bytes(kit: Kit): string;
  /** Statuses, in order. */
  readonly answers: readonly number[];
  /** What reaches the upstream: method, key, bytes of the body. */
  readonly upstream: readonly string[];
  /** Whether an honest request behind it on the same connection is answered; otherwise the connection has ended. */
  readonly goesOn: boolean;
  /** What is wrong comes behind the head: the connection may be cut instead of the answer. */
  readonly mayBeCut?: true;
  /** Whether the nth answer is a head alone. */
  readonly isHead?: (nth: number) => boolean;
  /** How the client ends, where no honest request follows. */
  readonly ends?: 'half-close' | 'reset';
}

/** It is answered so, nothing of it reaches the upstream, and the connection ends. */
export const refused = (name: string, bytes: Attack['bytes'], status = 400): Attack => ({
  name,
  bytes,
  answers: [status],
  upstream: [],
  goesOn: false,
});

/** It is refused once its head was taken. */
export const broken = (name: string, bytes: Attack['bytes']): Attack => ({ ...refused(name, bytes), mayBeCut: true });

/** It is refused, and ends where it seems to end: what follows is a request. The bytes end with the hidden one. */
export const refusedAlone = (name: string, bytes: Attack['bytes'], status = 400): Attack => ({
  name,
  bytes,
  answers: [status, 200],
  upstream: ['DELETE hidden 0'],
  goesOn: true,
});

/** It is carried out, and then the connection ends. */
export const last = (name: string, bytes: Attack['bytes'], ...upstream: string[]): Attack => ({
  ...passed(name, bytes, ...upstream),
  goesOn: false,
});

/** It is carried out: as these requests and no others. */
export const passed = (name: string, bytes: Attack['bytes'], ...upstream: string[]): Attack => ({
  name,
  bytes,
  answers: upstream.map(() => 200),
  upstream,
  goesOn: true,
  isHead: (nth) => upstream[nth]?.startsWith('HEAD') ?? false,
});

export const MALLORY = bucketOf('mallory');
const VICTIM = bucketOf('victim');
/** Bytes in the frames of `framed`. */
const DECODED_LENGTH = 5;

/** Requests of mallory's, all of them signed rightly; lines that follow a head are not signed. */
export interface Kit {
  readonly prefix: string;
  readonly host: string;
  /** On the object `k`, without a body. POST begins an upload in parts. */
  request(method: 'GET' | 'HEAD' | 'DELETE' | 'POST', ...lines: string[]): string;
  upload(lines: readonly string[], body: string): string;
  /** An upload in `aws-chunked` frames. */
  framed(lines: readonly string[], body: string): string;
  /** An upload to the victim's bucket. */
  foreign(lines: readonly string[], body: string): string;
  /** Deletes an object that nothing but an attack names. */
  readonly hidden: string;
  /** An honest request; its connection may end behind it. */
  readonly next: string;
}

export const createKit = async (proxy: TestProxy, prefix: '' | '/s3'): Promise<Kit> => {
  const endpoint = prefix === '' ? proxy.rootEndpoint : proxy.endpoint;
  const sign = (method: string, path: string, call: Partial<S3Call> = {}) =>
    signS3({ endpoint, credentials: proxy.session('mallory'), method, path, hash: 'UNSIGNED-PAYLOAD', ...call });
  const own = `/${MALLORY}/k`;
  const requests = {
    GET: await sign('GET', own),
    HEAD: await sign('HEAD', own),
    DELETE: await sign('DELETE', own),
    POST: await sign('POST', own, { query: { uploads: '' } }),
  };
  const upload = await sign('PUT', own);
  const foreign = await sign('PUT', `/${VICTIM}/k`);
  const framed = await sign('PUT', own, {
    hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: { 'x-amz-decoded-content-length': String(DECODED_LENGTH), 'content-encoding': 'aws-chunked' },
  });
  return {
    prefix,
    host: upload.headers.host as string,
    request: (method, ...lines) => renderHead(requests[method], ...lines),
    upload: (lines, body) => renderHead(upload, ...lines) + body,
    framed: (lines, body) => renderHead(framed, ...lines) + body,
    foreign: (lines, body) => renderHead(foreign, ...lines) + body,
    hidden: renderHead(await sign('DELETE', `/${MALLORY}/hidden`)),
    next: renderHead(await sign('GET', `/${MALLORY}/next`), 'Connection: close'),
  };
};

export const CHUNKED = 'Transfer-Encoding: chunked';
export const inChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
export const LAST_CHUNK = '0\r\n\r\n';
/** The body of `framed`. */
export const FRAMES = '5\r\nhello\r\n0\r\n\r\n';
export const lengthOf = (text: string): string => `Content-Length: ${text.length}`;

/** Takes `aws-chunked` uploads apart: checks each chunk's signature and gives the plain body with its trailers. */

import { AwsError } from '../core/error.ts';
import type { RawRequest } from '../wire/request.ts';
import { digest, hmacHex } from './sha256.ts';
import type { Signer } from './verify.ts';

interface Mode {
  readonly signed: boolean;
  readonly trailer: boolean;
}

const MODES: Readonly<Record<string, Mode>> = {
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
};

const EMPTY_HASH = digest('');
const CRLF = Buffer.from('\r\n');
const HEADER_BYTES_MAX = 1_024;

const incomplete = (): AwsError => new AwsError('IncompleteBody', 'The request body terminated unexpectedly', 400);
const mismatch = (): AwsError =>
  new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );
const badTrailer = (): AwsError =>
  new AwsError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  );

/** Each signature covers the one before it, beginning with that of the headers. */
class Chain {
  private readonly signer: Signer;
  private previous: string;

  constructor(signer: Signer) {
    this.signer = signer;
    this.previous = signer.signature;
  }

  check(algorithm: string, stated: string | undefined, ...hashes: string[]): void {
    const { claim, scope, signingKey } = this.signer;
    const text = [`AWS4-HMAC-SHA256-${algorithm}`, claim.longDate, scope, this.previous, ...hashes].join('\n');
    this.previous = hmacHex(signingKey, text);
    if (stated !== this.previous) throw mismatch();
  }
}

interface Chunk {
  readonly data: Buffer;
  readonly signature: string | undefined;
  /** Where the next chunk begins. */
  readonly next: number;
}

const readChunk = (body: Buffer, at: number): Chunk => {
  const end = body.indexOf(CRLF, at);
  if (end < 0 || end - at > HEADER_BYTES_MAX) throw incomplete();
  const header = /^([0-9a-fA-F]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(body.toString('latin1', at, end));
  if (!header) throw incomplete();
  const size = Number.parseInt(header[1] ?? '', 16);
  const start = end + CRLF.length;
  // The last chunk has no data, so its line break ends the body or begins the trailers.
  if (size === 0) return { data: Buffer.alloc(0), signature: header[2], next: start };
  const next = start + size + CRLF.length;
  if (body.length < next || body.compare(CRLF, 0, 2, start + size, next) !== 0) throw incomplete();
  return { data: body.subarray(start, start + size), signature: header[2], next };
};

const readTrailers = (text: string): [string, string][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf(':');
      if (at < 1) throw badTrailer();
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    });

const takeTrailers = (request: RawRequest, text: string, chain: Chain | undefined): Record<string, string> => {
  const all = readTrailers(text);
  const trailers = all.filter(([name]) => name !== 'x-amz-trailer-signature');
  const announced = (request.headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (
    announced.filter(Boolean).sort().join() !==
    trailers
      .map(([name]) => name)
      .sort()
      .join()
  )
    throw badTrailer();
  if (chain) {
    const canonical = trailers.map(([name, value]) => `${name}:${value}\n`).join('');
    const stated = all.find(([name]) => name === 'x-amz-trailer-signature')?.[1];
    chain.check('TRAILER', stated, digest(canonical));
  }
  return Object.fromEntries(trailers);
};

/** Headers that describe the envelope, not the object. */
const plainHeaders = (headers: Record<string, string>, trailers: Record<string, string>, size: number) => {
  const { 'x-amz-decoded-content-length': _size, 'x-amz-trailer': _names, ...rest } = headers;
  const encodings = (rest['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'aws-chunked');
  delete rest['content-encoding'];
  if (encodings.length > 0) rest['content-encoding'] = encodings.join(',');
  return { ...rest, ...trailers, 'content-length': String(size), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
};

/**
 * The request with its plain body; any other request comes back as it is.
 * @throws AwsError SignatureDoesNotMatch, IncompleteBody, MalformedTrailerError, MissingContentLength, NotImplemented
 */
export const decodeChunked = (request: RawRequest, signer: Signer): RawRequest => {
  const stated = request.headers['x-amz-content-sha256'] ?? '';
  if (signer.claim.service !== 's3' || !stated.startsWith('STREAMING-')) return request;
  const mode = MODES[stated];
  if (!mode) throw new AwsError('NotImplemented', `${stated} is not supported by this sandbox.`, 501);
  const length = request.headers['x-amz-decoded-content-length'];
  if (length === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const chain = mode.signed ? new Chain(signer) : undefined;
  const parts: Buffer[] = [];
  let at = 0;
  for (let last = false; !last; ) {
    const chunk = readChunk(request.body, at);
    chain?.check('PAYLOAD', chunk.signature, EMPTY_HASH, digest(chunk.data));
    parts.push(chunk.data);
    at = chunk.next;
    last = chunk.data.length === 0;
  }
  const rest = request.body.toString('latin1', at);
  const trailers = mode.trailer ? takeTrailers(request, rest, chain) : {};
  const body = Buffer.concat(parts);
  if (body.length !== Number(length)) throw incomplete();
  return { ...request, body, headers: plainHeaders(request.headers, trailers, body.length) };
};

/** Carries out an authorised operation: answers it here, or sends it upstream with whatever body it has. */
import { type CopySource, parseCopySource, renderCopySource } from './copy-source.ts';
import { S3Error } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { isIgnoredParameter } from './operations.ts';
import { planPayload } from './payload/modes.ts';
import { readDocument } from './read-document.ts';
import { readWhole } from './read-whole.ts';
import { forwardedHeaders } from './request-headers.ts';
import { EMPTY_SHA256 } from './sigv4.ts';
import { renderAcl, renderBuckets, renderLocation } from './synthesise.ts';
import { upload } from './upload.ts';
import type { Outgoing } from './upstream/sign.ts';

export const perform = (exchange: Exchange): void => {
  const { operation, principal, core } = exchange;
  switch (operation.answer) {
    case 'list-buckets':
      exchange.answer(200, renderBuckets(principal, exchange.parameter('prefix') ?? ''));
      break;
    case 'bucket-location':
      exchange.answer(200, renderLocation(core.region));
      break;
    case 'bucket-acl':
      exchange.answer(200, renderAcl(principal));
      break;
    case 'create-bucket':
      answerCreateBucket(exchange);
      break;
    case 'refuse':
      throw new S3Error('AccessDenied');
    case 'forward':
      forwardOperation(exchange);
      break;
  }
};

function outgoingOf(
  exchange: Exchange,
): { -readonly [K in keyof Outgoing]: Outgoing[K] } & { headers: Map<string, string> } {
  const { request, operation, core } = exchange;
  return {
    method: request.method,
    bucket: request.bucket as string,
    key: request.key,
    query: request.query.length === 0 ? request.query : request.query.filter(([name]) => !isIgnoredParameter(name)),
    headers: forwardedHeaders(request, operation, core.headerPolicy),
    payloadHash: EMPTY_SHA256,
  };
}

function forwardOperation(exchange: Exchange): void {
  const { operation, request, core } = exchange;
  const outgoing = outgoingOf(exchange);
  if (operation.body === 'none') {
    const hash = request.headers.get('x-amz-content-sha256');
    if (hash !== undefined && hash !== EMPTY_SHA256 && /^[0-9a-f]{64}$/.test(hash))
      throw new S3Error('XAmzContentSHA256Mismatch');
    withoutBody(exchange, () => {
      if (operation.copies) copy(exchange, outgoing);
      else forward(exchange, { outgoing, contentLength: request.method === 'POST' ? 0 : undefined });
    });
    return;
  }
  const allowUndeclared = core.mode === 'compat' || exchange.authorization.expires !== undefined;
  const plan = planPayload(request, { allowUndeclared, checksumsOfObject: operation.checksumsOfObject });
  exchange.audit.payload = plan.mode;
  if (operation.body === 'document') readDocument(exchange, plan, outgoing);
  else upload(exchange, plan, outgoing);
}

const USELESS_BYTES_MAX = 64 * 1024;

/** A body that the operation does not take is read away, so that it can't become the next request; if it is small. */
function withoutBody(exchange: Exchange, next: () => void): void {
  const { headers } = exchange.request;
  if (!headers.has('transfer-encoding') && (headers.get('content-length') ?? '0') === '0') next();
  else readWhole(exchange, USELESS_BYTES_MAX, next);
}

function copy(exchange: Exchange, outgoing: Outgoing & { headers: Map<string, string> }): void {
  const source = parseCopySource(exchange.request.headers.get('x-amz-copy-source') ?? '');
  const spaced = source.spacedKey === undefined ? source : { ...source, key: source.spacedKey };
  exchange.authoriseResource(source, 'read');
  exchange.authoriseResource(spaced, 'read');
  const send = (chosen: CopySource): void => {
    outgoing.headers.set('x-amz-copy-source', renderCopySource(chosen));
    forward(exchange, { outgoing, contentLength: 0 });
  };
  exchange.whenReady(exchange.checkRight('read'), () => {
    if (spaced.key === source.key) send(source);
    else ifExists(exchange, source, (exists) => send(exists ? source : spaced));
  });
}

/** Asks for the object that the literal reading of a copy source names. */
function ifExists(exchange: Exchange, { bucket, key, versionId }: CopySource, next: (exists: boolean) => void): void {
  forward(exchange, {
    outgoing: {
      method: 'HEAD',
      bucket,
      key,
      query: versionId === undefined ? [] : [['versionId', versionId]],
      headers: new Map(),
      payloadHash: EMPTY_SHA256,
    },
    contentLength: undefined,
    onStatus: (status) => next(status !== 404),
  });
}

/** Tools create their bucket before they use it. Ours is made by the storage set-up alone. */
function answerCreateBucket(exchange: Exchange): void {
  const { request } = exchange;
  forward(exchange, {
    outgoing: {
      method: 'HEAD',
      bucket: request.bucket as string,
      query: [],
      headers: new Map(),
      payloadHash: EMPTY_SHA256,
    },
    contentLength: undefined,
    onStatus: (status) => exchange.fail(new S3Error(status === 404 ? 'NoSuchBucket' : 'BucketAlreadyOwnedByYou')),
  });
}

/** Carries out an admitted operation: answers it here, or sends it upstream with whatever body it has. */
import { type Admitted, isEmptyView, parameterOf } from './admission.ts';
import { EMPTY_SHA256 } from './auth/sigv4.ts';
import { S3Error } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { type CopySource, renderCopySource } from './http/copy-source.ts';
import { readDocument } from './http/read-document.ts';
import { readWhole } from './http/read-whole.ts';
import type { S3Request } from './http/request.ts';
import { renderAcl, renderBuckets, renderEmptyList, renderLocation } from './http/synthesise.ts';
import { takesParameter } from './operations.ts';
import { checkDropped } from './payload/document.ts';
import type { Draft, Transfer } from './transfer.ts';
import { upload } from './upload.ts';

export const perform = (transfer: Transfer): void => {
  const { exchange, admitted } = transfer;
  const { operation, request, identity } = admitted;
  const { principal } = identity;
  if (operation.lists && isEmptyView({ principal, operation, listPrefix: parameterOf(request, 'prefix') ?? '' })) {
    exchange.answer(200, renderEmptyList(principal));
    return;
  }
  switch (operation.answer) {
    case 'list-buckets':
      exchange.answer(200, renderBuckets(identity.principal, parameterOf(request, 'prefix') ?? ''));
      break;
    case 'bucket-location':
      exchange.answer(200, renderLocation(exchange.core.region));
      break;
    case 'bucket-acl':
      exchange.answer(200, renderAcl(identity.principal));
      break;
    case 'create-bucket':
      answerCreateBucket(transfer);
      break;
    case 'refuse':
      throw new S3Error('AccessDenied');
    case 'unoffered':
      throw new S3Error('NotImplemented');
    case 'forward':
      forwardOperation(transfer);
      break;
  }
};

const draftOf = ({ request, operation, headers }: Admitted): Draft => ({
  method: request.method,
  bucket: request.bucket as string,
  key: request.key,
  query: request.query.length === 0 ? request.query : request.query.filter(([name]) => takesParameter(operation, name)),
  headers,
  payloadHash: EMPTY_SHA256,
});

function forwardOperation(transfer: Transfer): void {
  const { exchange, admitted } = transfer;
  const { operation, request, payload, copySource } = admitted;
  const draft = draftOf(admitted);
  if (payload) {
    if (operation.body === 'document') readDocument(transfer, payload, draft);
    else upload(transfer, payload, draft);
    return;
  }
  withoutBody(exchange, request, () => {
    if (copySource) copy(transfer, draft, copySource);
    else forward(transfer, { outgoing: draft, contentLength: request.method === 'POST' ? 0 : undefined });
  });
}

const USELESS_BYTES_MAX = 64 * 1024;

/**
 * A body that the operation does not take is read away, so that it can't become the next request; if it is small. It has
 * to be what its hash says, like any other, but neither goes upstream.
 */
function withoutBody(exchange: Exchange, { headers }: S3Request, next: () => void): void {
  const take = (body: Buffer): void => {
    checkDropped(body, headers);
    next();
  };
  if (!headers.has('transfer-encoding') && (headers.get('content-length') ?? '0') === '0') take(NO_BODY);
  else readWhole(exchange, USELESS_BYTES_MAX, take);
}

const NO_BODY = Buffer.alloc(0);

/** Where a plus has two readings, both of which are allowed, the object that is there decides. */
function copy(transfer: Transfer, draft: Draft, source: CopySource): void {
  const send = (key: string): void => {
    draft.headers.set('x-amz-copy-source', renderCopySource({ ...source, key }));
    forward(transfer, { outgoing: draft, contentLength: 0 });
  };
  const { key, spacedKey } = source;
  if (spacedKey === undefined || spacedKey === key) send(key);
  else ifExists(transfer, source, (exists) => send(exists ? key : spacedKey));
}

/** Asks for the object that the literal reading of a copy source names. */
function ifExists(transfer: Transfer, { bucket, key, versionId }: CopySource, next: (exists: boolean) => void): void {
  forward(transfer, {
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
function answerCreateBucket(transfer: Transfer): void {
  const { exchange, admitted } = transfer;
  forward(transfer, {
    outgoing: {
      method: 'HEAD',
      bucket: admitted.request.bucket as string,
      query: [],
      headers: new Map(),
      payloadHash: EMPTY_SHA256,
    },
    contentLength: undefined,
    onStatus: (status) => exchange.fail(new S3Error(status === 404 ? 'NoSuchBucket' : 'BucketAlreadyOwnedByYou')),
  });
}

/**
 * The operations of this endpoint. A request that matches no row is refused; so is a query parameter that its row does
 * not name. Supporting an operation is adding a row here.
 */
import { S3Error } from './errors.ts';
import type { Right } from './identity/principal.ts';
import type { S3Request } from './request.ts';

/**
 * What becomes of the request body. `object`: streamed. `document`: a small XML text, read and checked before it is sent.
 * `none`: there is none, and one that came is not sent on.
 */
export type BodyKind = 'none' | 'object' | 'document';

/** How an operation is answered. `forward` goes upstream, the rest is answered here (see synthesise.ts). */
export type Answer = 'forward' | 'list-buckets' | 'bucket-location' | 'bucket-acl' | 'create-bucket' | 'refuse';

export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameter that tells this operation from others of the same method. */
  readonly marker?: string;
  /** It has an `x-amz-copy-source`. */
  readonly copies?: true;
  readonly right: Right;
  readonly body: BodyKind;
  readonly answer: Answer;
  /** Other query parameters that it takes. */
  readonly parameters: readonly string[];
  /** Server-side encryption headers belong on it. */
  readonly encrypts?: true;
  /** The `prefix` parameter decides what it shows. */
  readonly lists?: true;
  /** Its `x-amz-checksum-…` headers are those of the whole object that it makes, not of the request's own body. */
  readonly checksumsOfObject?: true;
}

const LIST = ['delimiter', 'encoding-type', 'max-keys', 'prefix', 'allow-unordered'];
const GET = [
  'versionId',
  'partNumber',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

const row = (
  name: string,
  method: string,
  on: Operation['on'],
  right: Right,
  rest: Partial<Operation> = {},
): Operation => ({ name, method, on, right, body: 'none', answer: 'forward', parameters: [], ...rest });

export const OPERATIONS: readonly Operation[] = [
  row('ListBuckets', 'GET', 'service', 'read', {
    answer: 'list-buckets',
    parameters: ['max-buckets', 'prefix', 'continuation-token', 'bucket-region'],
  }),

  row('HeadBucket', 'HEAD', 'bucket', 'read'),
  row('CreateBucket', 'PUT', 'bucket', 'create', { answer: 'create-bucket' }),
  row('DeleteBucket', 'DELETE', 'bucket', 'delete', { answer: 'refuse' }),
  row('ListObjects', 'GET', 'bucket', 'read', { lists: true, parameters: [...LIST, 'marker'] }),
  row('ListObjectsV2', 'GET', 'bucket', 'read', {
    marker: 'list-type',
    lists: true,
    parameters: [...LIST, 'continuation-token', 'fetch-owner', 'start-after'],
  }),
  row('ListObjectVersions', 'GET', 'bucket', 'read', {
    marker: 'versions',
    lists: true,
    parameters: [...LIST, 'key-marker', 'version-id-marker'],
  }),
  row('ListMultipartUploads', 'GET', 'bucket', 'read', {
    marker: 'uploads',
    lists: true,
    parameters: ['delimiter', 'encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
  }),
  row('GetBucketLocation', 'GET', 'bucket', 'read', { marker: 'location', answer: 'bucket-location' }),
  row('GetBucketVersioning', 'GET', 'bucket', 'read', { marker: 'versioning' }),
  row('GetBucketAcl', 'GET', 'bucket', 'read', { marker: 'acl', answer: 'bucket-acl' }),
  row('DeleteObjects', 'POST', 'bucket', 'delete', { marker: 'delete', body: 'document' }),

  row('GetObject', 'GET', 'object', 'read', { parameters: GET }),
  row('HeadObject', 'HEAD', 'object', 'read', { parameters: GET }),
  row('PutObject', 'PUT', 'object', 'create', { body: 'object', encrypts: true }),
  row('CopyObject', 'PUT', 'object', 'create', { copies: true, encrypts: true }),
  row('DeleteObject', 'DELETE', 'object', 'delete', { parameters: ['versionId'] }),
  row('GetObjectAttributes', 'GET', 'object', 'read', { marker: 'attributes', parameters: ['versionId'] }),
  row('GetObjectAcl', 'GET', 'object', 'read', { marker: 'acl', parameters: ['versionId'] }),
  row('GetObjectTagging', 'GET', 'object', 'read', { marker: 'tagging', parameters: ['versionId'] }),
  row('PutObjectTagging', 'PUT', 'object', 'create', {
    marker: 'tagging',
    body: 'document',
    parameters: ['versionId'],
  }),
  row('DeleteObjectTagging', 'DELETE', 'object', 'delete', { marker: 'tagging', parameters: ['versionId'] }),
  row('CreateMultipartUpload', 'POST', 'object', 'create', { marker: 'uploads', encrypts: true }),
  row('UploadPart', 'PUT', 'object', 'create', { marker: 'uploadId', body: 'object', parameters: ['partNumber'] }),
  row('UploadPartCopy', 'PUT', 'object', 'create', { marker: 'uploadId', copies: true, parameters: ['partNumber'] }),
  row('CompleteMultipartUpload', 'POST', 'object', 'create', {
    marker: 'uploadId',
    body: 'document',
    checksumsOfObject: true,
  }),
  row('AbortMultipartUpload', 'DELETE', 'object', 'delete', { marker: 'uploadId' }),
  row('ListParts', 'GET', 'object', 'read', {
    marker: 'uploadId',
    parameters: ['encoding-type', 'max-parts', 'part-number-marker'],
  }),
];

/** Sub-resources of S3 that no row above takes: the bucket's control plane, and what needs rights nobody here has. */
const SUBRESOURCES: ReadonlySet<string> = new Set([
  ...OPERATIONS.flatMap(({ marker }) => marker ?? []),
  'abac',
  'accelerate',
  'analytics',
  'append',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metadataConfiguration',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'torrent',
  'website',
]);

const rowsByKey = new Map<string, Operation>();
const keyOf = (method: string, on: string, marker: string, copies: boolean): string =>
  `${method} ${on} ${marker} ${copies ? 'copy' : ''}`;
for (const operation of OPERATIONS) {
  rowsByKey.set(keyOf(operation.method, operation.on, operation.marker ?? '', operation.copies === true), operation);
}

/** The rows without a marker, which most requests are for. */
const plainRows = new Map<string, Partial<Record<Operation['on'], Operation>>>();
for (const operation of OPERATIONS) {
  if (operation.marker !== undefined || operation.copies) continue;
  plainRows.set(operation.method, { ...plainRows.get(operation.method), [operation.on]: operation });
}

const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

/** @throws S3Error MethodNotAllowed, NotImplemented, InvalidRequest */
export const findOperation = (request: S3Request): Operation => {
  const { method } = request;
  if (!METHODS.has(method)) throw new S3Error('MethodNotAllowed');
  const marker = markerOf(request);
  const on = request.bucket === undefined ? 'service' : request.key === undefined ? 'bucket' : 'object';
  const copies = on === 'object' && method === 'PUT' && request.headers.has('x-amz-copy-source');
  const operation =
    marker === '' && !copies ? plainRows.get(method)?.[on] : rowsByKey.get(keyOf(method, on, marker, copies));
  if (!operation) throw new S3Error(marker === '' ? 'MethodNotAllowed' : 'NotImplemented');
  for (const [name, value] of request.query) {
    if (name.startsWith('response-') && /[\r\n]/.test(value)) {
      throw new S3Error('InvalidArgument', 'A response header can not hold a line break.', { ArgumentName: name });
    }
    if (isKnownParameter(operation, name)) continue;
    throw new S3Error('InvalidRequest', 'A query parameter does not belong to this operation.', {
      ParameterName: name,
    });
  }
  return operation;
};

function markerOf({ query }: S3Request): string {
  let marker = '';
  for (const [name] of query) {
    if (!SUBRESOURCES.has(name)) continue;
    if (marker !== '') throw new S3Error('InvalidRequest', 'Only one sub-resource can be addressed.');
    marker = name;
  }
  return marker;
}

const isKnownParameter = (operation: Operation, name: string): boolean =>
  name === operation.marker || operation.parameters.includes(name) || isIgnoredParameter(name);

/** The authentication's own, headers in disguise, and the operation name that the JavaScript SDK adds. */
export const isIgnoredParameter = (name: string): boolean => name === 'x-id' || /^x-amz-/i.test(name);

/**
 * The operations of S3, by method, resource and query marker: those that are offered with what they take, the others so
 * that their refusal has a name. Offering an operation is adding a row here.
 */
import { S3Error } from './errors.ts';
import type { S3Request } from './http/request.ts';
import type { Right } from './identity/principal.ts';
import { UNOFFERED } from './unoffered-operations.ts';

/**
 * What becomes of the request body. `object`: streamed. `document`: a small XML text, read and checked before it is sent.
 * `none`: there is none, and one that came is not sent on.
 */
export type BodyKind = 'none' | 'object' | 'document';

/**
 * How an operation is answered. `forward` goes upstream, `unoffered` is refused before anything else is looked at, the
 * rest is answered here (see synthesise.ts).
 */
export type Answer =
  | 'forward'
  | 'list-buckets'
  | 'bucket-location'
  | 'bucket-acl'
  | 'create-bucket'
  | 'refuse'
  | 'unoffered';

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
  /** Other query parameters that it takes; all others are ignored, as S3 ignores them, and not sent on. */
  readonly parameters: readonly string[];
  /** It makes an object: headers about encryption, storage class and access lists belong on it. */
  readonly encrypts?: true;
  /** Its answer is XML that may name the store's side, or tell an error after all. */
  readonly answersXml?: true;
  /** The `prefix` parameter decides what it shows. */
  readonly lists?: true;
  /**
   * May the same request be sent again when its answer was lost, so that nobody knows whether it was carried out?
   * `unconditional`: unless a header makes it depend on what is there.
   */
  readonly repeats: 'always' | 'unconditional' | 'never';
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
): Operation => ({
  name,
  method,
  on,
  right,
  body: 'none',
  answer: 'forward',
  parameters: [],
  // Once more would be a second upload, a second delete marker, or an error about what the first one did.
  repeats: method === 'GET' || method === 'HEAD' ? 'always' : 'never',
  ...rest,
});

export const OPERATIONS: readonly Operation[] = [
  row('ListBuckets', 'GET', 'service', 'read', {
    answer: 'list-buckets',
    parameters: ['max-buckets', 'prefix', 'continuation-token', 'bucket-region'],
  }),

  row('HeadBucket', 'HEAD', 'bucket', 'read'),
  row('CreateBucket', 'PUT', 'bucket', 'create', { answer: 'create-bucket' }),
  row('DeleteBucket', 'DELETE', 'bucket', 'delete', { answer: 'refuse' }),
  row('ListObjects', 'GET', 'bucket', 'read', { lists: true, answersXml: true, parameters: [...LIST, 'marker'] }),
  row('ListObjectsV2', 'GET', 'bucket', 'read', {
    marker: 'list-type',
    lists: true,
    answersXml: true,
    parameters: [...LIST, 'continuation-token', 'fetch-owner', 'start-after'],
  }),
  row('ListObjectVersions', 'GET', 'bucket', 'read', {
    marker: 'versions',
    lists: true,
    answersXml: true,
    parameters: [...LIST, 'key-marker', 'version-id-marker'],
  }),
  row('ListMultipartUploads', 'GET', 'bucket', 'read', {
    marker: 'uploads',
    lists: true,
    answersXml: true,
    parameters: ['delimiter', 'encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
  }),
  row('GetBucketLocation', 'GET', 'bucket', 'read', { marker: 'location', answer: 'bucket-location' }),
  row('GetBucketVersioning', 'GET', 'bucket', 'read', { marker: 'versioning' }),
  row('GetBucketAcl', 'GET', 'bucket', 'read', { marker: 'acl', answer: 'bucket-acl' }),
  row('DeleteObjects', 'POST', 'bucket', 'delete', { marker: 'delete', body: 'document', answersXml: true }),

  row('GetObject', 'GET', 'object', 'read', { parameters: GET }),
  row('HeadObject', 'HEAD', 'object', 'read', { parameters: GET }),
  row('PutObject', 'PUT', 'object', 'create', { body: 'object', encrypts: true, repeats: 'unconditional' }),
  row('CopyObject', 'PUT', 'object', 'create', { copies: true, encrypts: true, answersXml: true }),
  row('DeleteObject', 'DELETE', 'object', 'delete', { parameters: ['versionId'] }),
  row('GetObjectAttributes', 'GET', 'object', 'read', { marker: 'attributes', parameters: ['versionId'] }),
  row('GetObjectAcl', 'GET', 'object', 'read', { marker: 'acl', answersXml: true, parameters: ['versionId'] }),
  row('GetObjectTagging', 'GET', 'object', 'read', { marker: 'tagging', parameters: ['versionId'] }),
  row('PutObjectTagging', 'PUT', 'object', 'create', {
    marker: 'tagging',
    body: 'document',
    parameters: ['versionId'],
  }),
  row('DeleteObjectTagging', 'DELETE', 'object', 'delete', { marker: 'tagging', parameters: ['versionId'] }),
  row('CreateMultipartUpload', 'POST', 'object', 'create', { marker: 'uploads', encrypts: true }),
  row('UploadPart', 'PUT', 'object', 'create', {
    marker: 'uploadId',
    body: 'object',
    parameters: ['partNumber'],
    repeats: 'unconditional',
  }),
  row('UploadPartCopy', 'PUT', 'object', 'create', {
    marker: 'uploadId',
    copies: true,
    answersXml: true,
    parameters: ['partNumber'],
  }),
  row('CompleteMultipartUpload', 'POST', 'object', 'create', {
    marker: 'uploadId',
    body: 'document',
    answersXml: true,
    checksumsOfObject: true,
  }),
  row('AbortMultipartUpload', 'DELETE', 'object', 'delete', { marker: 'uploadId' }),
  row('ListParts', 'GET', 'object', 'read', {
    marker: 'uploadId',
    answersXml: true,
    parameters: ['encoding-type', 'max-parts', 'part-number-marker'],
  }),
];

const ROWS: readonly Operation[] = [
  ...OPERATIONS,
  ...UNOFFERED.map(([name, method, on, marker]) => row(name, method, on, 'read', { marker, answer: 'unoffered' })),
];

/** By the kind of resource that has them: elsewhere the same name is a parameter like any other. */
const MARKERS: Readonly<Record<Operation['on'], ReadonlySet<string>>> = {
  service: new Set(),
  bucket: markersOf('bucket'),
  object: markersOf('object'),
};

function markersOf(on: Operation['on']): ReadonlySet<string> {
  return new Set(ROWS.flatMap((operation) => (operation.on === on ? (operation.marker ?? []) : [])));
}

const PARAMETERS = new Set(
  ROWS.flatMap(({ marker, parameters }) => [...parameters, ...(marker ? [marker] : [])]).map((name) =>
    name.toLowerCase(),
  ),
);

/** Does any operation act by a parameter of this name? @param lowerName in whatever spelling it came */
export const isParameter = (lowerName: string): boolean => PARAMETERS.has(lowerName);

const rowsByKey = new Map<string, Operation>();
const keyOf = (method: string, on: string, marker: string, copies: boolean): string =>
  `${method} ${on} ${marker} ${copies ? 'copy' : ''}`;
for (const operation of ROWS) {
  rowsByKey.set(keyOf(operation.method, operation.on, operation.marker ?? '', operation.copies === true), operation);
}

/** The rows without a marker, which most requests are for. */
const plainRows = new Map<string, Partial<Record<Operation['on'], Operation>>>();
for (const operation of OPERATIONS) {
  if (operation.marker !== undefined || operation.copies) continue;
  plainRows.set(operation.method, { ...plainRows.get(operation.method), [operation.on]: operation });
}

/** What the request asks for, be it offered or not. @returns undefined when that is no operation of S3 */
export const findOperation = (request: S3Request): Operation | undefined => {
  const { method } = request;
  const on = resourceOf(request);
  const markers = markersIn(request);
  if (markers.length > 1) return undefined;
  const marker = markers[0] ?? '';
  const copies = on === 'object' && method === 'PUT' && request.headers.has('x-amz-copy-source');
  if (marker === '' && !copies) return plainRows.get(method)?.[on];
  return rowsByKey.get(keyOf(method, on, marker, copies)) ?? rowsByKey.get(keyOf(method, on, marker, false));
};

const resourceOf = ({ bucket, key }: S3Request): Operation['on'] =>
  bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object';

const NO_MARKERS: readonly string[] = [];

function markersIn(request: S3Request): readonly string[] {
  if (request.query.length === 0) return NO_MARKERS;
  const known = MARKERS[resourceOf(request)];
  return request.query.flatMap(([name]) => (known.has(name) ? name : []));
}

const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

const isOfBucketOnly = (name: string): boolean => MARKERS.bucket.has(name) && !MARKERS.object.has(name);

/** They say which of an object's versions or parts is meant: to ignore one would be to act on another. */
const ADDRESSING = new Set(['versionId', 'partNumber']);

/**
 * @param operation what `findOperation` found
 * @throws S3Error MethodNotAllowed, NotImplemented, InvalidRequest, InvalidArgument
 */
export const checkOperation = (request: S3Request, operation: Operation | undefined): Operation => {
  if (!METHODS.has(request.method)) throw new S3Error('MethodNotAllowed');
  const markers = markersIn(request);
  if (markers.length > 1) throw new S3Error('InvalidRequest', 'Only one sub-resource can be addressed.');
  if (!operation) throw new S3Error(markers.length === 0 ? 'MethodNotAllowed' : 'NotImplemented');
  if (operation.answer === 'unoffered') throw new S3Error('NotImplemented');
  for (const [name, value] of request.query) {
    if (name.startsWith('response-') && /[\r\n]/.test(value)) {
      throw new S3Error('InvalidArgument', 'A response header can not hold a line break.', { ArgumentName: name });
    }
    // Whoever means the bucket's policy must not replace an object by it. What S3 does here is not known.
    if (operation.right !== 'read' && operation.on === 'object' && isOfBucketOnly(name))
      throw new S3Error('NotImplemented');
    if (operation.on === 'object' && ADDRESSING.has(name) && !takesParameter(operation, name)) {
      throw new S3Error('InvalidArgument', `This operation does not accept a ${name}.`, { ArgumentName: name });
    }
  }
  return operation;
};

/** Does the parameter go upstream? */
export const takesParameter = (operation: Operation, name: string): boolean =>
  name === operation.marker || operation.parameters.includes(name);

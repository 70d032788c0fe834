/**
 * Which of the client's headers go upstream. It is an allow-list: what is not named here is left out, as S3 ignores
 * headers that it does not know. What belongs to a family that asks S3 for something is refused instead: leaving out what
 * a client asked for would be worse than an error.
 */
import { S3Error } from '../errors.ts';
import type { Operation } from '../operations.ts';
import type { S3Request } from './request.ts';

export interface EncryptionPolicy {
  /**
   * `inherit`: client headers are dropped and the bucket's default applies. `enforce`: ours are set on each new object.
   * `pass`: the client's are sent on. Another KMS key than the bucket's own is refused in each of them.
   */
  readonly mode: 'inherit' | 'enforce' | 'pass';
  /** The key of a bucket; undefined lets `enforce` use the account's default key. */
  readonly kmsKeyId?: ((bucket: string) => string | undefined) | undefined;
}

export interface HeaderPolicy {
  readonly encryption: EncryptionPolicy;
  readonly storageClasses: ReadonlySet<string>;
  /** Account that owns the buckets: protects against a bucket of the same name in another account. */
  readonly bucketOwner: string | undefined;
}

const READ = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'];
const DESCRIBE = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
];

/** What each header is for; `pass` is sent on as it is. */
type Use =
  | 'pass'
  | 'drop'
  | 'digest'
  | 'acl'
  | 'encryption'
  | 'customer-key'
  | 'deny'
  | 'storage-class'
  | 'metadata'
  | 'owner'
  | 'unoffered';

const USES = new Map<string, Use>([
  ...[...READ, ...DESCRIBE].map((name): [string, Use] => [name, 'pass']),
  ['content-md5', 'digest'],
  ...[
    'x-amz-checksum-algorithm',
    'x-amz-checksum-mode',
    'x-amz-checksum-type',
    'x-amz-copy-source-if-match',
    'x-amz-copy-source-if-modified-since',
    'x-amz-copy-source-if-none-match',
    'x-amz-copy-source-if-unmodified-since',
    'x-amz-copy-source-range',
    'x-amz-fetch-owner',
    'x-amz-if-match-initiated-time',
    'x-amz-if-match-last-modified-time',
    'x-amz-if-match-size',
    'x-amz-max-parts',
    'x-amz-metadata-directive',
    'x-amz-mp-object-size',
    'x-amz-object-annotation-directive',
    'x-amz-object-attributes',
    'x-amz-optional-object-attributes',
    'x-amz-part-number-marker',
    'x-amz-sdk-checksum-algorithm',
    'x-amz-tagging',
    'x-amz-tagging-directive',
  ].map((name): [string, Use] => [name, 'pass']),
  // Of operations that are not offered: elsewhere they mean nothing.
  ...[
    'x-amz-object-if-match',
    'x-amz-rename-source',
    'x-amz-rename-source-if-match',
    'x-amz-rename-source-if-modified-since',
    'x-amz-rename-source-if-none-match',
    'x-amz-rename-source-if-unmodified-since',
  ].map((name): [string, Use] => [name, 'drop']),
  ['x-amz-copy-source', 'drop'], // re-encoded from what was authorised
  ['x-amz-acl', 'acl'],
  ['x-amz-expected-bucket-owner', 'owner'],
  ['x-amz-source-expected-bucket-owner', 'owner'],
  ['x-amz-storage-class', 'storage-class'],
  ['x-amz-website-redirect-location', 'deny'],
  ['x-amz-bypass-governance-retention', 'deny'],
  ['x-amz-mfa', 'deny'],
  ['x-amz-server-side-encryption', 'encryption'],
  ['x-amz-server-side-encryption-aws-kms-key-id', 'encryption'],
  ['x-amz-server-side-encryption-bucket-key-enabled', 'encryption'],
  ['x-amz-server-side-encryption-context', 'encryption'],
]);

const CUSTOMER_KEY = /^x-amz-(copy-source-)?server-side-encryption-customer-(algorithm|key|key-md5)$/;
const CHECKSUM = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256|sha512|md5|xxhash3|xxhash64|xxhash128)$/;

/**
 * Families of headers that change what S3 does: conditions, sources, digests, appends. A member that is not named above is
 * newer than this list.
 */
const ASKING =
  /^x-amz-(checksum|copy-source|if|object-if|server-side-encryption|write|rename|metadata|tagging|part-number|mp)-/;

function useOf(name: string): Use {
  const use = USES.get(name);
  if (use) return use;
  if (!name.startsWith('x-amz-')) return 'drop';
  if (name.startsWith('x-amz-meta-')) return 'metadata';
  if (CHECKSUM.test(name)) return 'digest';
  if (name.startsWith('x-amz-grant-')) return 'acl';
  if (name.startsWith('x-amz-object-lock-')) return 'deny';
  if (CUSTOMER_KEY.test(name)) return 'customer-key';
  return ASKING.test(name) ? 'unoffered' : 'drop';
}

/**
 * Tools send these by habit, and they ask for nothing: what the bucket's owner has anyway. S3 takes the last one also
 * where ACLs are disabled, as they are in the users' buckets.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
const ACLS_WITHOUT_EFFECT = new Set(['', 'private', 'bucket-owner-full-control']);
const METADATA_BYTES_MAX = 2_048;

/**
 * @returns lower-case names with the values to send; without Host, length, payload and signing headers.
 * @throws S3Error AccessControlListNotSupported, AccessDenied, InvalidRequest, MetadataTooLarge, NotImplemented
 */
export const forwardedHeaders = (
  request: S3Request,
  operation: Operation,
  policy: HeaderPolicy,
): Map<string, string> => {
  const out = new Map<string, string>();
  let metadataBytes = 0;
  for (const [name, value] of request.headers) {
    const use = useOf(name);
    if (use === 'drop') continue;
    if (use === 'pass') out.set(name, value);
    else if (use === 'metadata') {
      metadataBytes += name.length - 'x-amz-meta-'.length + value.length;
      out.set(name, value);
    } else if (isPolicyPassed(use, name, value, { request, operation, policy })) out.set(name, value);
  }
  if (metadataBytes > METADATA_BYTES_MAX) throw new S3Error('MetadataTooLarge');
  const encoding = out.get('content-encoding');
  if (encoding !== undefined) setContentEncoding(out, encoding);
  if (operation.encrypts && policy.encryption.mode === 'enforce') enforceEncryption(out, request, policy.encryption);
  if (policy.bucketOwner !== undefined) {
    out.set('x-amz-expected-bucket-owner', policy.bucketOwner);
    if (operation.copies) out.set('x-amz-source-expected-bucket-owner', policy.bucketOwner);
  }
  return out;
};

interface Context {
  readonly request: S3Request;
  readonly operation: Operation;
  readonly policy: HeaderPolicy;
}

function isPolicyPassed(use: Use, name: string, value: string, context: Context): boolean {
  const { request, operation, policy } = context;
  switch (use) {
    case 'digest':
      // Of a body that is not sent on, the upstream could not find it right.
      return operation.body !== 'none';
    case 'unoffered':
      throw new S3Error('NotImplemented', undefined, { Header: name });
    case 'acl':
      if (!operation.encrypts || value === '') return false;
      if (name === 'x-amz-acl' && ACLS_WITHOUT_EFFECT.has(value)) return false;
      throw new S3Error('AccessControlListNotSupported');
    case 'storage-class':
      if (!operation.encrypts || value === '') return false;
      if (policy.storageClasses.has(value)) return true;
      throw new S3Error('AccessDenied', 'This storage class is not offered here.');
    case 'owner':
      if (policy.bucketOwner === undefined || policy.bucketOwner === value) return true;
      throw new S3Error('AccessDenied');
    case 'customer-key':
      checkCustomerKey(name, context);
      return true;
    case 'encryption':
      return isEncryptionPassed(name, value, request, policy.encryption);
    default:
      if (operation.right === 'read') return false;
      throw new S3Error('AccessDenied', `The header ${name} is not allowed here.`);
  }
}

function checkCustomerKey(name: string, { request, operation, policy }: Context): void {
  if (!request.secure) {
    throw new S3Error('InvalidRequest', 'Requests with customer-provided keys must be made over a secure connection.');
  }
  const isOfSource = name.startsWith('x-amz-copy-source-');
  if (policy.encryption.mode === 'enforce' && operation.right === 'create' && !isOfSource) {
    throw new S3Error('AccessDenied', 'New objects are encrypted with the key of the bucket here.');
  }
}

function isEncryptionPassed(name: string, value: string, request: S3Request, encryption: EncryptionPolicy): boolean {
  if (name === 'x-amz-server-side-encryption-aws-kms-key-id') {
    const own = request.bucket === undefined ? undefined : encryption.kmsKeyId?.(request.bucket);
    if (own === undefined || value !== own) throw new S3Error('AccessDenied', 'This KMS key is not allowed here.');
  }
  return encryption.mode === 'pass';
}

function enforceEncryption(out: Map<string, string>, request: S3Request, encryption: EncryptionPolicy): void {
  const keyId = request.bucket === undefined ? undefined : encryption.kmsKeyId?.(request.bucket);
  out.set('x-amz-server-side-encryption', 'aws:kms');
  if (keyId !== undefined) out.set('x-amz-server-side-encryption-aws-kms-key-id', keyId);
}

/** `aws-chunked` is a framing of the transfer; stored with the object it would make readers wait for frames. */
function setContentEncoding(out: Map<string, string>, encoding: string): void {
  if (!/aws-chunked/i.test(encoding)) return;
  const rest = encoding
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part.toLowerCase() !== 'aws-chunked');
  if (rest.length > 0) out.set('content-encoding', rest.join(','));
  else out.delete('content-encoding');
}

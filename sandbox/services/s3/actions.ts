/**
 * S3's operations and their IAM names, which differ more often than not.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */

import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { type Params, textOf } from '../../core/params.ts';
import type { ActionsOf } from '../../core/service.ts';

/** On the bucket. Operations that are not listed have their own name as action. */
const ON_BUCKET: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
  GetBucketCors: 'GetBucketCORS',
  PutBucketCors: 'PutBucketCORS',
  DeleteBucketCors: 'PutBucketCORS',
  DeleteBucketTagging: 'PutBucketTagging',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  PutBucketReplication: 'PutReplicationConfiguration',
};

/** On the object. */
const ON_OBJECT: Readonly<Record<string, string>> = {
  GetObject: 'GetObject',
  HeadObject: 'GetObject',
  GetObjectAttributes: 'GetObject',
  SelectObjectContent: 'GetObject',
  PutObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  CopyObject: 'PutObject',
  UploadPartCopy: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  ListParts: 'ListMultipartUploadParts',
  DeleteObject: 'DeleteObject',
  GetObjectTagging: 'GetObjectTagging',
  PutObjectTagging: 'PutObjectTagging',
  DeleteObjectTagging: 'DeleteObjectTagging',
  GetObjectAcl: 'GetObjectAcl',
  PutObjectAcl: 'PutObjectAcl',
  RestoreObject: 'RestoreObject',
};

/** With a version in the request these actions have another name. */
const VERSIONED: ReadonlySet<string> = new Set([
  'GetObject',
  'DeleteObject',
  'GetObjectTagging',
  'PutObjectTagging',
  'GetObjectAcl',
]);

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;
export const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;

/** Headers and query parameters that policies may ask about. */
const CONDITION_HEADERS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-acl',
  'x-amz-copy-source',
  'x-amz-metadata-directive',
  'x-amz-storage-class',
  'x-amz-content-sha256',
  'if-match',
  'if-none-match',
] as const;

const CONDITION_MEMBERS: Readonly<Record<string, string>> = {
  Prefix: 's3:prefix',
  Delimiter: 's3:delimiter',
  MaxKeys: 's3:max-keys',
  VersionId: 's3:VersionId',
};

const contextOf = ({ request, params }: Call): Record<string, string> => {
  const query = new URLSearchParams(request.query);
  const context: Record<string, string> = {};
  for (const name of CONDITION_HEADERS) {
    // Presigned requests carry signed headers as query parameters.
    const value = request.headers[name] ?? query.get(name);
    if (typeof value === 'string') context[`s3:${name}`] = value;
  }
  for (const [member, key] of Object.entries(CONDITION_MEMBERS)) {
    const value = params[member];
    if (value !== undefined) context[key] = String(value);
  }
  context['s3:signatureversion'] = 'AWS4-HMAC-SHA256';
  context['s3:authType'] = query.has('X-Amz-Signature') ? 'REST-QUERY-STRING' : 'REST-HEADER';
  return context;
};

/** `x-amz-copy-source`: /bucket/key?versionId=…, percent-encoded, the leading slash optional. */
const parseCopySource = (source: string): { bucket: string; key: string; versionId?: string } => {
  const [path = '', query = ''] = source.replace(/^\//, '').split('?');
  const plain = decodeURIComponent(path);
  const slash = plain.indexOf('/');
  const versionId = new URLSearchParams(query).get('versionId');
  return { bucket: plain.slice(0, slash), key: plain.slice(slash + 1), ...(versionId && { versionId }) };
};

const versioned = (params: Params, action: string): string =>
  params.VersionId !== undefined && VERSIONED.has(action) ? action.replace('Object', 'ObjectVersion') : action;

export const s3Actions: ActionsOf = (call) => {
  const { operation, params } = call;
  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  // Each key is a right of its own, and a refused one does not stop the others: the rule looks at them.
  if (operation === 'DeleteObjects') return [];
  const bucket = textOf(params, 'Bucket');
  const context = contextOf(call);
  const action = ON_OBJECT[operation];
  if (!action) return [{ action: `s3:${ON_BUCKET[operation] ?? operation}`, resource: bucketArn(bucket), context }];
  const checks: Check[] = [
    {
      action: `s3:${versioned(params, action)}`,
      resource: objectArn(bucket, textOf(params, 'Key')),
      context,
    },
  ];
  if (params.Tagging !== undefined && action === 'PutObject') {
    checks.push({ action: 's3:PutObjectTagging', resource: objectArn(bucket, textOf(params, 'Key')), context });
  }
  const source = textOf(params, 'CopySource');
  if (source) {
    const from = parseCopySource(source);
    checks.push({
      action: from.versionId ? 's3:GetObjectVersion' : 's3:GetObject',
      resource: objectArn(from.bucket, from.key),
    });
  }
  return checks;
};

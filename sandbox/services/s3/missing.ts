/**
 * Operations of S3 that moto does not have. It looks at the method and not at the query, so it would take them for
 * another operation of the same address: it would delete the bucket, make one, or write over the object.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */

import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';

const PARTS = ['Analytics', 'IntelligentTiering', 'Inventory', 'Metrics'].flatMap((part) => [
  `DeleteBucket${part}Configuration`,
  `GetBucket${part}Configuration`,
  `ListBucket${part}Configurations`,
  `PutBucket${part}Configuration`,
]);

const METADATA = ['MetadataConfiguration', 'MetadataTableConfiguration'].flatMap((part) => [
  `CreateBucket${part}`,
  `DeleteBucket${part}`,
  `GetBucket${part}`,
]);

const MISSING: readonly string[] = [
  ...PARTS,
  ...METADATA,
  'UpdateBucketMetadataAnnotationTableConfiguration',
  'UpdateBucketMetadataInventoryTableConfiguration',
  'UpdateBucketMetadataJournalTableConfiguration',
  'CreateSession',
  'DeleteObjectAnnotation',
  'GetBucketAbac',
  'GetObjectAnnotation',
  'GetObjectTorrent',
  'ListObjectAnnotations',
  'PutBucketAbac',
  'PutBucketRequestPayment',
  'PutObjectAnnotation',
  'RenameObject',
  'UpdateObjectEncryption',
];

const refuse: Rule = async () => {
  throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501);
};

export const missingRules: Readonly<Record<string, Rule>> = Object.fromEntries(
  MISSING.map((operation) => [operation, refuse]),
);

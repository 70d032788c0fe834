/** Buckets with their settings, and every object in them. */
import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { readTags } from '../../core/params.ts';
import type { InventoryItem } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import type { Bucket, Buckets } from './buckets.ts';

/** A setting that a bucket does not have is an error in S3, and null here. */
const orNull = <T>(value: Promise<T>): Promise<T | null> => value.catch(() => null);

const bucketItem = async (world: World, { name, account, region, policy }: Bucket): Promise<InventoryItem> => {
  const s3 = world.moto(S3Client, account, region);
  const at = { Bucket: name };
  const [encryption, lifecycle, ownership, tags, versioning, block, cors] = await Promise.all([
    orNull(s3.send(new GetBucketEncryptionCommand(at))),
    orNull(s3.send(new GetBucketLifecycleConfigurationCommand(at))),
    orNull(s3.send(new GetBucketOwnershipControlsCommand(at))),
    orNull(s3.send(new GetBucketTaggingCommand(at))),
    orNull(s3.send(new GetBucketVersioningCommand(at))),
    orNull(s3.send(new GetPublicAccessBlockCommand(at))),
    orNull(s3.send(new GetBucketCorsCommand(at))),
  ]);
  return {
    type: 'AWS::S3::Bucket',
    id: name,
    name,
    region,
    state: null,
    tags: readTags(tags?.TagSet),
    details: {
      encryption: encryption?.ServerSideEncryptionConfiguration?.Rules ?? null,
      lifecycle: lifecycle?.Rules ?? null,
      ownership: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? null,
      versioning: versioning?.Status ?? null,
      publicAccessBlock: block?.PublicAccessBlockConfiguration ?? null,
      policy: policy ?? null,
      cors: cors?.CORSRules ?? null,
    },
  };
};

const objectItems = async (world: World, { name, account, region }: Bucket): Promise<InventoryItem[]> => {
  const s3 = world.moto(S3Client, account, region);
  const items: InventoryItem[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: name })) {
    for (const { Key = '', Size, ETag } of page.Contents ?? []) {
      items.push({
        type: 'AWS::S3::Object',
        id: `${name}/${Key}`,
        name: Key,
        region,
        state: null,
        tags: {},
        details: { bucket: name, size: Size ?? 0, etag: ETag ?? null },
      });
    }
  }
  return items;
};

export const createS3Inventory =
  (world: World, buckets: Buckets) =>
  async (account: string): Promise<InventoryItem[]> => {
    const { Buckets: names = [] } = await world.moto(S3Client, account, 'us-east-1').send(new ListBucketsCommand({}));
    const items: InventoryItem[] = [];
    for (const { Name = '' } of names) {
      const bucket = buckets.find(Name);
      if (bucket) items.push(await bucketItem(world, bucket), ...(await objectItems(world, bucket)));
    }
    return items;
  };

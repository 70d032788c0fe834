/** KMS keys of our own. One whose alias is gone, or never came, is found here and nowhere else. */
import {
  DescribeKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { GetBucketEncryptionCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import { type Tags, tagsOf } from '#domain/core/ownership.ts';
import { isMarked, listerOf, type Place, thingOf } from '../lister.ts';

/** The longest that KMS offers: until then a deletion can be cancelled, and what it encrypted is lost after it. */
const DELETION_DAYS = 30;

type Kms = AwsClient<KMSClient>;

const kmsAt = ({ aws, account }: Place): Kms => aws.kms(account);

interface Key {
  readonly id: string;
  readonly arn: string;
  readonly tags: Tags;
  readonly createdAt: Date | undefined;
  /** Null: none leads to it. */
  readonly alias: string | null;
}

/** Names by key. */
const aliases = async (kms: Kms): Promise<ReadonlyMap<string, string>> => {
  const found = await collect(async (Marker) => {
    const page = await kms.send(new ListAliasesCommand({ Marker }));
    return { items: page.Aliases, next: page.NextMarker };
  });
  return new Map(found.map(({ TargetKeyId = '', AliasName = '' }) => [TargetKeyId, AliasName]));
};

/** Undefined where it is AWS's, is deleted soon, or is closed to us: its owner's key policy says who may look. */
const keyOf = async (kms: Kms, id: string, alias: string | undefined): Promise<Key | undefined> => {
  try {
    const { KeyMetadata: key } = (await kms.send(new DescribeKeyCommand({ KeyId: id })).catch(ignoreNotFound)) ?? {};
    if (key?.KeyManager !== 'CUSTOMER' || key.KeyState?.startsWith('Pending')) return undefined;
    const tags = await collect(async (Marker) => {
      const page = await kms.send(new ListResourceTagsCommand({ KeyId: id, Marker }));
      const items = page.Tags?.map(({ TagKey = '', TagValue = '' }) => ({ TagKey, TagValue }));
      return { items, next: page.NextMarker };
    });
    return { id, arn: key.Arn ?? '', tags: tagsOf(tags), createdAt: key.CreationDate, alias: alias ?? null };
  } catch (error) {
    if (codeOf(error) === 'Denied') return undefined;
    throw error;
  }
};

/** AWS's own are told by their alias. */
const OF_AWS = 'alias/aws/';

/** By key, the bucket that it encrypts by itself; and a bucket that does not say. */
interface Encrypting {
  readonly by: ReadonlyMap<string, string>;
  readonly silent: string | null;
}

const NOT_ENCRYPTED = 'ServerSideEncryptionConfigurationNotFoundError';

const encrypting = async ({ aws, account }: Place): Promise<Encrypting> => {
  const s3 = aws.s3(account);
  const by = new Map<string, string>();
  let silent: string | null = null;
  for (const { Name: Bucket = '' } of (await s3.send(new ListBucketsCommand({}))).Buckets ?? []) {
    try {
      const { ServerSideEncryptionConfiguration: found } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
      for (const { ApplyServerSideEncryptionByDefault: set } of found?.Rules ?? [])
        by.set(set?.KMSMasterKeyID ?? '', Bucket);
    } catch (error) {
      if (codeOf(error) !== 'NotFound' && factsOf(error).awsCode !== NOT_ENCRYPTED) silent = Bucket;
    }
  }
  return { by, silent };
};

/** A bucket that can't be asked may be the one. */
const neededBy = ({ id, arn }: Key, { by, silent }: Encrypting): string | undefined => {
  const found = by.get(arn) ?? by.get(id);
  if (found !== undefined) return `it encrypts what is written into the bucket ${found}`;
  return silent === null ? undefined : `the bucket ${silent} does not say whether it encrypts with it`;
};

const withNeed = async (place: Place, keys: readonly Key[]): Promise<(Key & { needed: string | undefined })[]> => {
  const all = keys.length === 0 ? { by: new Map(), silent: null } : await encrypting(place);
  return keys.map((key) => ({ ...key, needed: neededBy(key, all) }));
};

export const key = listerOf<Key & { readonly needed: string | undefined }>({
  all: async (place) => {
    const kms = kmsAt(place);
    const named = await aliases(kms);
    const listed = await collect(async (Marker) => {
      const page = await kms.send(new ListKeysCommand({ Marker }));
      return { items: page.Keys, next: page.NextMarker };
    });
    const found: Key[] = [];
    for (const { KeyId: id = '' } of listed) {
      const alias = named.get(id);
      const one = alias?.startsWith(OF_AWS) ? undefined : await keyOf(kms, id, alias);
      // Only what carries tags of ours is asked after further.
      if (one && isMarked(one.tags)) found.push(one);
    }
    return await withNeed(place, found);
  },
  one: async (place, id) => {
    const kms = kmsAt(place);
    const found = await keyOf(kms, id, (await aliases(kms)).get(id));
    return (await withNeed(place, found ? [found] : []))[0];
  },
  sight: ({ id, alias, tags, createdAt, needed }, place) => ({
    thing: thingOf('AWS::KMS::Key', { id, name: alias ?? undefined, tags, createdAt, needed }),
    push: () => kmsAt(place).send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: DELETION_DAYS })),
  }),
});

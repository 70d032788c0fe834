/**
 * A bucket that one owner has for itself. Its name may be taken by anybody in the world, so each call says whose it has to
 * be. CreateBucket takes no tags: an intent tells which run made a bucket that carries none yet.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
import {
  DeleteBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3';
import { isAwsCode, isNotFound } from '#aws/errors.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { type IntentRef, runIntent } from '#domain/core/intent.ts';
import {
  createdTags,
  isForeign,
  isOwnedBy,
  type Made,
  mayRemove,
  originOf,
  type Removal,
  type Tags,
  tagsOf,
} from '#domain/core/ownership.ts';
import type { BucketContents, BucketKey, OwnBucketSpec } from '#domain/resources/storage.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { setting } from './bucket-parts.ts';
import { createBucketCommand } from './create-bucket.ts';
import { convergeOwnBucket } from './own-bucket-settings.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

/** What has to be said of a bucket, whatever is wanted of it. */
type Named = BucketContents;

const intentOf = ({ owner, name }: Named): IntentRef => runIntent(owner, `bucket ${name}`);

const taken = ({ name }: Named, cause: unknown) =>
  fail(
    'Conflict',
    `the bucket name ${name} is taken by another AWS account: nothing was written to it. Have its owner delete that ` +
      'bucket, or give the environment another host name',
    {},
    cause instanceof Error ? cause : undefined,
  );

export const ownBucketActivities = (deps: Deps) => {
  const s3 = ({ account }: Named) => deps.aws.s3(account);
  const at = ({ account, name }: Named) => ({ Bucket: name, ExpectedBucketOwner: account.accountId });

  /** @throws Conflict where the name is taken by another account, or by this one in another region. */
  const exists = async (spec: Named): Promise<boolean> => {
    const { account, name } = spec;
    const elsewhere = (region: string) =>
      fail('Conflict', `bucket ${name} is in ${region}, not in ${account.region}: it was left as it is`);
    try {
      const { BucketRegion = account.region } = await s3(spec).send(new HeadBucketCommand(at(spec)));
      if (BucketRegion === account.region) return true;
      throw elsewhere(BucketRegion);
    } catch (error) {
      if (isNotFound(error)) return false;
      if (codeOf(error) === 'Denied') throw taken(spec, error);
      if (codeOf(error) === 'Invalid') throw elsewhere('another region');
      throw error;
    }
  };

  const create = async (spec: OwnBucketSpec): Promise<void> => {
    const { intents } = deps.control;
    await intents.write(intentOf(spec), { at: new Date().toISOString() });
    try {
      await s3(spec).send(createBucketCommand(spec));
    } catch (error) {
      // Ours already: an earlier try made it, and the look before did not see it yet.
      if (codeOf(error) === 'AlreadyExists') return;
      if (isAwsCode(error, 'BucketAlreadyExists')) {
        await intents.remove(intentOf(spec));
        throw taken(spec, error);
      }
      throw error;
    }
  };

  /** Without any tag of an owner it is this run's where this run has made it. */
  const tagsNow = async (spec: Named): Promise<Tags> => {
    const found = tagsOf((await setting(s3(spec).send(new GetBucketTaggingCommand(at(spec)))))?.TagSet);
    const isUntagged = !isOwnedBy(found, spec.owner) && !isForeign(found, spec.owner);
    if (!isUntagged || (await deps.control.intents.read(intentOf(spec))) === undefined) return found;
    return { ...found, ...createdTags(spec.owner) };
  };

  return {
    /**
     * The bucket, with each of its properties as it is wanted; each is written only where it differs.
     * @throws Conflict where the name is another account's, or the bucket another owner's: nothing is written then.
     */
    async ensureOwnBucket(spec: OwnBucketSpec, key: BucketKey): Promise<{ made: Made }> {
      if (!(await exists(spec))) await create(spec);
      const tags = await whenVisible(`bucket ${spec.name}`, deps, async () => {
        const now = await tagsNow(spec);
        await convergeOwnBucket(s3(spec), spec, key, now);
        return now;
      });
      await deps.control.intents.remove(intentOf(spec));
      return { made: { type: 'AWS::S3::Bucket', id: spec.name, name: spec.name, origin: originOf(tags, spec.owner) } };
    },

    /**
     * Removes the bucket, which has to be empty. A disposal takes one that carries no owner's tag, too: in our own account
     * its name says whose it is.
     * @returns whether it is gone; false: it holds something again.
     */
    async deleteOwnBucket(spec: Named, removal: Removal): Promise<{ gone: boolean }> {
      const there = await exists(spec).catch(notOurs);
      if (!there) {
        believeAbsent(`bucket ${spec.name}`, removal, deps);
        return { gone: true };
      }
      if (!mayTake(await tagsNow(spec), spec, removal)) return { gone: true };
      try {
        await s3(spec).send(new DeleteBucketCommand(at(spec)));
      } catch (error) {
        if (isAwsCode(error, 'BucketNotEmpty')) return { gone: false };
        if (!isNotFound(error)) throw error;
      }
      await deps.control.intents.remove(intentOf(spec));
      return { gone: true };
    },

    /** ARN of the KMS key that it encrypts with by default; null where there is none, or no bucket of ours. */
    async findDefaultKeyArn(spec: Named): Promise<string | null> {
      if (!(await exists(spec).catch(notOurs))) return null;
      const found = await setting(s3(spec).send(new GetBucketEncryptionCommand(at(spec))));
      const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? null;
    },

    async findRemainingOwnBucket(spec: Named, by: Removal['by']): Promise<Remaining[]> {
      if (!(await exists(spec).catch(notOurs))) return [];
      const tags = await tagsNow(spec);
      const removal = { by, unsureSince: null } as const;
      if (!mayTake(tags, spec, removal)) return [];
      const { name, owner } = spec;
      return remainingOf([{ id: name, name, tags: { ...tags, ...ownersOf(tags, spec) } }], owner, by);
    },
  };
};

/** Another account's bucket of the name is none that could be left. */
const notOurs = (error: unknown): false => {
  if (codeOf(error) === 'Conflict') return false;
  throw error;
};

/** May this removal take a bucket of its name with these tags? */
export const mayTake = (tags: Tags, { owner }: Named, removal: Removal): boolean =>
  mayRemove(tags, owner, removal) || (removal.by === 'owner' && !isOwnedBy(tags, owner) && !isForeign(tags, owner));

/** An untagged one counts as the owner's. */
const ownersOf = (tags: Tags, { owner }: Named): Tags =>
  isOwnedBy(tags, owner) ? {} : { [`eyrie:${owner.kind}`]: owner.id };

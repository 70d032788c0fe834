/** From the pinned input to everything that a user's storage consists of. Pure: same input, same plan. */
import type { Owner, Tags } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { ArboristAccessSpec } from '../resources/access.ts';
import { BUCKET_POLICY_SIDS, bucketPolicy } from '../resources/bucket-policy.ts';
import type { EmptyingSoFar, EmptyingState } from '../resources/emptying.ts';
import { renderPolicy } from '../resources/policy-document.ts';
import type { BucketContents, OwnBucketSpec, OwnKmsKeySpec } from '../resources/storage.ts';
import { storageAccess } from './access.ts';
import type { StorageInput } from './input.ts';
import { kmsAliasOf, nameTagOf } from './names.ts';
import { storageSubject } from './subject.ts';

export interface EncryptionKeySpec {
  readonly key: OwnKmsKeySpec;
  /** False: none is made. One that is there stays, since objects are encrypted with it. */
  readonly wanted: boolean;
  /** Of the bucket that it encrypts. */
  readonly contents: BucketContents;
}

export interface ContentsSpec {
  readonly contents: BucketContents;
  /** Told by the workflow how far it has come. */
  readonly told?: (state: EmptyingState) => void;
  /** Where it begins. Default: at the start. */
  readonly from?: Omit<EmptyingSoFar, 'startedAt'> | undefined;
  /** Asked between two slices: true breaks off, for another run to go on. Default: never. */
  readonly breaksOff?: (soFar: Omit<EmptyingSoFar, 'startedAt'>) => boolean;
}

export interface StorageBucketSpec extends ContentsSpec {
  readonly bucket: OwnBucketSpec;
}

/** By the names of the steps. Null: not for this storage. */
export interface StoragePlan {
  readonly 'encryption-key': EncryptionKeySpec;
  readonly bucket: StorageBucketSpec;
  readonly access: ArboristAccessSpec | null;
  readonly objects: ContentsSpec;
}

/** @param run the set-up that makes it; empty for a removal of all that the owner has */
export const planStorage = (storage: StorageInput, run: string): StoragePlan => {
  const { user, username, hostname, environment, bucket, account, settings, arborist } = storage;
  const owner: Owner = { kind: 'storage', id: subjectId(storageSubject(storage)), run, environment };
  const tags: Tags = { Name: nameTagOf(hostname) };
  const kmsAlias = kmsAliasOf(bucket);
  const policy = bucketPolicy({ ...account, bucket, kmsAlias: settings.kms ? kmsAlias : null });
  const contents: BucketContents = { account, owner, name: bucket };
  return {
    'encryption-key': {
      // gen3-workflow sets the same tag on its keys.
      key: { account, owner, name: kmsAlias, description: `Objects in ${bucket}`, tags, adoptable: { tags } },
      wanted: settings.kms,
      contents,
    },
    bucket: {
      contents,
      bucket: {
        ...{ account, owner, name: bucket, tags },
        // gen3-workflow tags no bucket: in our own account the name tells.
        adoptable: { tags: {} },
        expirationDays: settings.expirationDays,
        nonCurrentDays: settings.nonCurrentDays,
        abortUploadsDays: settings.abortUploadsDays,
        versioning: settings.versioning,
        encrypted: settings.kms,
        policy: renderPolicy(policy),
        policySids: BUCKET_POLICY_SIDS,
        corsOrigins: settings.corsOrigins,
      },
    },
    // Without a name nobody can be granted anything: the user's own set-up does it.
    access: arborist && username !== null ? storageAccess(user, username) : null,
    objects: { contents },
  };
};

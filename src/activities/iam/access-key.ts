/**
 * The access key of a launch. CreateAccessKey has neither a token nor a name and shows the secret once, so what was
 * there before is written down first: any other key that turns up is the orphan of an earlier try of this launch, whose
 * secret nobody has. It goes, and another is made. The secret is sealed into the control bucket before the activity
 * ends; it is in no result, error or log.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
 */
import { CreateAccessKeyCommand } from '@aws-sdk/client-iam';
import { isAwsCode } from '#aws/errors.ts';
import type { AccessKeySecret, SealInfo } from '#control/seals.ts';
import { factsOf, fail } from '#domain/core/failures.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { isOpen } from '../shared/create-once.ts';
import { lookAgain } from '../shared/look.ts';
import { whenTagsCount } from '../shared/visible.ts';
import { deleteKey, idsOf, intentOf, type ListedKey, listKeys } from './access-key-parts.ts';
import { makeRoom } from './access-key-room.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

export interface AccessKeyResult {
  readonly accessKeyId: string;
  /** ISO time. */
  readonly createdAt: string;
  /** Ids of keys that were there before and still work. */
  readonly earlier: readonly string[];
}

/** What is there when a try begins. */
interface Found {
  /** Of this launch: sealed so that it opens, or already handed out. */
  readonly mine: ListedKey | undefined;
  readonly orphans: readonly ListedKey[];
  readonly earlier: readonly ListedKey[];
  /** Ids of all keys that this launch did not make, or has removed. */
  readonly known: readonly string[];
  /** What this launch sealed and IAM does not list. */
  readonly unlisted: readonly SealInfo[];
  /** An earlier call may have made a key that is not visible yet. */
  readonly open: boolean;
}

export const accessKeyActivities = ({ aws, control, timing }: Deps) => {
  const { seals, claims, intents } = control;

  /** IAM may not list its key yet. */
  const isFresh = ({ sealedAt }: SealInfo): boolean => Date.now() < Date.parse(sealedAt) + timing.propagationMs;

  const look = async (spec: AccessKeySpec): Promise<Found> => {
    const ids = idsOf(spec);
    const keys = await whenTagsCount(`user ${spec.userName}`, { timing }, () =>
      listKeys(aws.iam(spec.account), spec.userName),
    );
    // Read after the keys: where there is no intent yet, no key that was listed can be of this launch.
    const intent = await intents.read(intentOf(spec));
    const sealed = (await seals.list(ids)).filter(({ run }) => run === spec.owner.run);
    const known = intent?.known ?? keys.map(({ accessKeyId }) => accessKeyId);
    const earlier = keys.filter(({ accessKeyId }) => known.includes(accessKeyId));
    const ofThisLaunch = keys.filter((key) => !earlier.includes(key));
    let mine: ListedKey | undefined;
    for (const key of ofThisLaunch) {
      const works = key.active && (await seals.canOpen(ids, key.accessKeyId));
      if (works || (await claims.read(ids, key.accessKeyId))) mine = key;
    }
    const orphans = ofThisLaunch.filter((key) => key !== mine);
    const unlisted = sealed.filter((seal) => !keys.some(({ accessKeyId }) => accessKeyId === seal.accessKeyId));
    const hidden = unlisted.filter((seal) => !known.includes(seal.accessKeyId) && isFresh(seal));
    const open = (isOpen(intent, timing) && orphans.length === 0) || hidden.length > 0;
    return { mine, orphans, earlier, known, unlisted, open };
  };

  /** Rights on keys hang on the user's tags, which may be as new as the user. */
  const remove = (spec: AccessKeySpec, accessKeyId: string): Promise<void> =>
    whenTagsCount(`user ${spec.userName}`, { timing }, () =>
      deleteKey(aws.iam(spec.account), spec.userName, accessKeyId),
    );

  const removeOrphans = async (spec: AccessKeySpec, { orphans, known }: Found): Promise<string[]> => {
    const removed = orphans.map(({ accessKeyId }) => accessKeyId);
    for (const id of removed) {
      await remove(spec, id);
      await seals.destroy(idsOf(spec), id);
    }
    const all = [...known, ...removed];
    // Written down, since IAM may list a deleted key for a while, and it must not pass for the next try's.
    if (removed.length > 0) {
      await intents.write(intentOf(spec), { at: new Date().toISOString(), settled: true, known: all });
    }
    return all;
  };

  const create = async (spec: AccessKeySpec): Promise<AccessKeySecret & { createdAt: string }> => {
    const { AccessKey } = await whenTagsCount(`user ${spec.userName}`, { timing }, () =>
      aws.iam(spec.account).send(new CreateAccessKeyCommand({ UserName: spec.userName })),
    ).catch(async (error: unknown) => {
      if (factsOf(error).outcomeUnknown !== true) await intents.settle(intentOf(spec));
      // There is room by what IAM lists; it counts a key that was deleted a moment ago.
      if (isAwsCode(error, 'LimitExceeded')) {
        throw lookAgain(`IAM still counts two keys of ${spec.userName}`, { timing }, factsOf(error));
      }
      throw error;
    });
    if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) {
      throw fail('Unavailable', `IAM gave no access key for ${spec.userName}`, { outcomeUnknown: true });
    }
    return {
      accessKeyId: AccessKey.AccessKeyId,
      secretAccessKey: AccessKey.SecretAccessKey,
      createdAt: (AccessKey.CreateDate ?? new Date()).toISOString(),
    };
  };

  /** A key whose seal could not be written is worth nothing: it goes at once, or as an orphan at the next try. */
  const seal = async (spec: AccessKeySpec, secret: AccessKeySecret, all: readonly string[]): Promise<void> => {
    try {
      await seals.put(idsOf(spec), secret, spec.owner.run);
    } catch (error) {
      if (factsOf(error).outcomeUnknown === true) throw error;
      await remove(spec, secret.accessKeyId);
      const known = [...all, secret.accessKeyId];
      await intents.write(intentOf(spec), { at: new Date().toISOString(), settled: true, known });
      throw error;
    }
  };

  return {
    /**
     * Ends with exactly one key of this launch, sealed. Keys that were there before stay, but for the one that has to
     * make room. @throws NotYet while an earlier call may have made a key that is not visible yet.
     */
    async ensureAccessKey(spec: AccessKeySpec): Promise<AccessKeyResult> {
      const found = await look(spec);
      const all = await removeOrphans(spec, found);
      if (found.mine) {
        await intents.settle(intentOf(spec));
        const { accessKeyId, createdAt } = found.mine;
        return { accessKeyId, createdAt, earlier: found.earlier.map((key) => key.accessKeyId) };
      }
      if (found.open) {
        throw lookAgain(`an earlier call may have made an access key of ${spec.userName}`, { timing });
      }
      for (const { of, accessKeyId } of found.unlisted) await seals.destroy(of, accessKeyId);
      const earlier = await makeRoom({ control, aws, timing, remove }, spec, found.earlier);
      await intents.write(intentOf(spec), { at: new Date().toISOString(), known: all });
      const { createdAt, ...secret } = await create(spec);
      await seal(spec, secret, all);
      await intents.settle(intentOf(spec));
      return { accessKeyId: secret.accessKeyId, createdAt, earlier: earlier.map((key) => key.accessKeyId) };
    },
  };
};

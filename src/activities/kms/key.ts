/**
 * The key that encrypts a bucket, of an environment or of one owner, found by its alias. CreateKey has neither a token nor a name, so
 * a key of ours without an alias is taken before another one is made.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  type KeyMetadata,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
  type Tag,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { ignoreNotFound, isNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { type IntentRef, onlyIntent } from '#domain/core/intent.ts';
import {
  adoptedTags,
  createdTags,
  type Made,
  mayRemove,
  originOf,
  type Removal,
  RUN_TAG,
  type Tags,
  tagsOf,
} from '#domain/core/ownership.ts';
import type { KmsKeySpec, OwnKmsKeySpec } from '#domain/resources/storage.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt, lackingTags } from '../shared/adopt.ts';
import { createOnce, removeOnce } from '../shared/create-once.ts';
import { lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { whenTagsCount, whenVisible } from '../shared/visible.ts';

/** The longest that KMS offers: until then a deletion can be cancelled, and what it encrypted is lost after it. */
const DELETION_DAYS = 30;

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

const kmsTags = (tags: Tags): Tag[] => Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

/** By these a key of ours is known again, whichever run made it. */
const ownTags = ({ tags, owner }: KmsKeySpec): Tags => ({ ...tags, ...adoptedTags(owner) });

const firstTags = ({ tags, owner }: KmsKeySpec): Tags => ({
  ...tags,
  ...createdTags(owner),
});

/** One call makes one key, whatever runs try. */
const intentOf = ({ account, owner }: KmsKeySpec): IntentRef => onlyIntent(owner, account.accountId, 'kms-key');

export const keyActivities = (deps: Deps) => {
  const kms = ({ account }: KmsKeySpec) => deps.aws.kms(account);

  const describe = async (spec: KmsKeySpec, KeyId: string): Promise<KeyMetadata | undefined> => {
    return (await kms(spec).send(new DescribeKeyCommand({ KeyId })).catch(ignoreNotFound))?.KeyMetadata;
  };

  const tagsOfKey = async (spec: KmsKeySpec, KeyId: string): Promise<Tags> =>
    tagsOf(
      await collect(async (Marker) => {
        const page = await kms(spec).send(new ListResourceTagsCommand({ KeyId, Marker }));
        return {
          items: page.Tags?.map(({ TagKey = '', TagValue = '' }) => ({ TagKey, TagValue })),
          next: page.NextMarker,
        };
      }),
    );

  const aliasedIds = async (spec: KmsKeySpec): Promise<Set<string | undefined>> => {
    const aliases = await collect(async (Marker) => {
      const page = await kms(spec).send(new ListAliasesCommand({ Marker }));
      return { items: page.Aliases, next: page.NextMarker };
    });
    return new Set(aliases.map(({ TargetKeyId }) => TargetKeyId));
  };

  /** A key that only others may describe is not ours. */
  const readable = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call;
    } catch (error) {
      if (codeOf(error) === 'Denied' || isNotFound(error)) return undefined;
      throw error;
    }
  };

  /** Keys of ours that an earlier try made without getting to their alias; the oldest first. */
  const findUnaliased = async (spec: KmsKeySpec): Promise<KeyMetadata[]> => {
    const aliased = await aliasedIds(spec);
    const keys = await collect(async (Marker) => {
      const page = await kms(spec).send(new ListKeysCommand({ Marker }));
      return { items: page.Keys, next: page.NextMarker };
    });
    const found: KeyMetadata[] = [];
    for (const { KeyId = '' } of keys) {
      if (aliased.has(KeyId)) continue;
      const key = await readable(describe(spec, KeyId));
      if (key?.KeyManager !== 'CUSTOMER' || key.KeyState !== 'Enabled') continue;
      const tags = await readable(tagsOfKey(spec, KeyId));
      if (tags && Object.keys(lackingTags(tags, ownTags(spec))).length === 0) found.push(key);
    }
    return found.sort((a, b) => (a.CreationDate?.getTime() ?? 0) - (b.CreationDate?.getTime() ?? 0));
  };

  const create = async (spec: KmsKeySpec): Promise<KeyMetadata> => {
    const { KeyMetadata: key } = await kms(spec).send(
      new CreateKeyCommand({ Description: spec.description, Tags: kmsTags(firstTags(spec)) }),
    );
    if (!key) throw fail('Unavailable', 'KMS made no key', { outcomeUnknown: true });
    return key;
  };

  const schedule = async (spec: KmsKeySpec, { KeyId }: KeyMetadata): Promise<void> => {
    await whenTagsCount('the new KMS key', deps, () =>
      kms(spec).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: DELETION_DAYS })),
    );
  };

  const makeKey = async (spec: KmsKeySpec): Promise<KeyMetadata> => {
    const { name: alias } = spec;
    const { item: key } = await createOnce({
      deps,
      intent: intentOf(spec),
      what: `the KMS key of ${alias}`,
      find: () => findUnaliased(spec),
      create: () => create(spec),
      removeExtra: (extra) => schedule(spec, extra),
    });
    try {
      await whenVisible('the new KMS key', deps, () =>
        kms(spec).send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key.KeyId })),
      );
      // By its alias it is found at once: whoever removes it need not wait for another one to appear.
      if (spec.owner.kind !== 'shared') await deps.control.intents.remove(intentOf(spec));
      return key;
    } catch (error) {
      if (codeOf(error) !== 'AlreadyExists') throw error;
    }
    // Another foundation was faster. Its key is the one; ours never encrypted anything.
    const winner = await describe(spec, alias);
    if (!winner) throw lookAgain(`${alias} is not visible yet`, deps);
    if (winner.KeyId !== key.KeyId) await schedule(spec, key);
    return winner;
  };

  const assertUsable = ({ name: alias }: KmsKeySpec, { KeyId, KeyState }: KeyMetadata): void => {
    if (KeyState === 'Enabled') return;
    if (KeyState === 'Creating' || KeyState === 'Updating') throw lookAgain(`KMS key ${KeyId} is ${KeyState}`, deps);
    const exit =
      KeyState === 'PendingDeletion'
        ? 'cancel its deletion and enable it (what it encrypted is lost otherwise), or remove the alias'
        : 'enable it, or remove the alias';
    throw fail('Invalid', `KMS key ${KeyId} of ${alias} is ${KeyState}: ${exit}`);
  };

  const withTags = (spec: KmsKeySpec, keys: readonly KeyMetadata[]) =>
    Promise.all(keys.map(async (key) => ({ key, tags: await tagsOfKey(spec, key.KeyId ?? '') })));

  /** The tags that it had. */
  const converge = async (spec: KmsKeySpec, { KeyId }: KeyMetadata): Promise<Tags> => {
    const found = { what: `KMS key ${KeyId} of ${spec.name}`, tags: await tagsOfKey(spec, KeyId ?? '') };
    const lacking = adopt(found, spec);
    if (Object.keys(lacking).length > 0) {
      await kms(spec).send(new TagResourceCommand({ KeyId, Tags: kmsTags(lacking) }));
    }
    const { KeyRotationEnabled } = await kms(spec).send(new GetKeyRotationStatusCommand({ KeyId }));
    if (!KeyRotationEnabled) await kms(spec).send(new EnableKeyRotationCommand({ KeyId }));
    return found.tags;
  };

  return {
    /**
     * The key behind the alias, enabled and rotated once a year; made where there is none.
     * @throws Invalid where the alias leads to a key that can't be used; Conflict where that key is foreign.
     */
    async ensureKmsKey(spec: KmsKeySpec): Promise<{ made: Made; arn: string }> {
      const { name, owner } = spec;
      const key = (await describe(spec, name)) ?? (await makeKey(spec));
      assertUsable(spec, key);
      const tags = await whenVisible('the new KMS key', deps, () => converge(spec, key));
      const { KeyId = '', Arn = '' } = key;
      const origin = originOf(tags, owner);
      return { made: { type: 'AWS::KMS::Key', id: KeyId, name, origin }, arn: Arn };
    },

    /** ARN of the key behind the alias, whatever its state; null where there is none. */
    async findKmsKeyArn(spec: KmsKeySpec): Promise<string | null> {
      return (await describe(spec, spec.name))?.Arn ?? null;
    },

    /**
     * Schedules the deletion of a key that was made for this owner, in 30 days, and frees its alias. One that was adopted
     * stays: nobody can tell what else it has encrypted.
     */
    async deleteKmsKey(spec: OwnKmsKeySpec, removal: Removal): Promise<void> {
      const named = await describe(spec, spec.name);
      await removeOnce({
        deps,
        intent: intentOf(spec),
        what: `the KMS key of ${spec.name}`,
        removal,
        find: async () => await withTags(spec, named ? [named] : await findUnaliased(spec)),
        mayRemove: ({ tags }) => RUN_TAG in tags && mayRemove(tags, spec.owner, removal),
        remove: async ({ key }) => {
          if (key.KeyState !== 'PendingDeletion') await schedule(spec, key);
          if (named)
            await kms(spec)
              .send(new DeleteAliasCommand({ AliasName: spec.name }))
              .catch(ignoreNotFound);
        },
      });
    },

    async findRemainingKmsKeys(spec: OwnKmsKeySpec, by: Removal['by']): Promise<Remaining[]> {
      const named = await describe(spec, spec.name);
      // As long as it has its alias something is left of it, whatever its state.
      const found = (await withTags(spec, named ? [named] : await findUnaliased(spec))).filter(
        ({ tags }) => RUN_TAG in tags,
      );
      return remainingOf(
        found.map(({ key, tags }) => ({ id: key.KeyId, name: spec.name, tags })),
        spec.owner,
        by,
      );
    },
  };
};

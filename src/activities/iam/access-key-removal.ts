/** Taking access keys away: those of one launch, all of a workspace, or one earlier key after its grace. */
import { GetUserCommand } from '@aws-sdk/client-iam';
import { ignoreNotFound } from '#aws/errors.ts';
import { notYet } from '#domain/core/failures.ts';
import { createdTags, isOwnedBy, mayRemove, type Removal, RUN_TAG, type Tags, tagsOf } from '#domain/core/ownership.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { isOpen } from '../shared/create-once.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { deactivateKey, deleteKey, idsOf, intentOf, type ListedKey, listKeys, usedWithin } from './access-key-parts.ts';
import { unname } from './named-key.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

/** A key that falls idle is not kept for much longer. */
const LOOK_MS_MAX = 60 * 60_000;

const idsIn = (keys: readonly ListedKey[]): string[] => keys.map(({ accessKeyId }) => accessKeyId);

export const accessKeyRemovalActivities = (deps: Deps) => {
  const { aws, control, timing } = deps;
  const { seals, claims, intents } = control;

  const keysOf = async (spec: AccessKeySpec): Promise<ListedKey[]> => {
    return (await listKeys(aws.iam(spec.account), spec.userName).catch(ignoreNotFound)) ?? [];
  };

  const userTags = async (spec: AccessKeySpec): Promise<Tags | undefined> => {
    const found = await aws
      .iam(spec.account)
      .send(new GetUserCommand({ UserName: spec.userName }))
      .catch(ignoreNotFound);
    return found && tagsOf(found.User?.Tags);
  };

  const requireUnused = async (spec: AccessKeySpec, AccessKeyId: string, graceMs: number): Promise<void> => {
    // IAM refuses to tell of a key that is gone as it does of a stranger's.
    if (!(await keysOf(spec)).some(({ accessKeyId }) => accessKeyId === AccessKeyId)) return;
    const use = await usedWithin(aws.iam(spec.account), AccessKeyId, graceMs);
    if (use !== undefined) {
      throw notYet(`${AccessKeyId} of ${spec.userName} is still in use (${use})`, Math.min(graceMs, LOOK_MS_MAX));
    }
  };

  const destroyAllSeals = async (spec: AccessKeySpec): Promise<void> => {
    for (const { of, accessKeyId } of await seals.list(idsOf(spec))) await seals.destroy(of, accessKeyId);
  };

  const sealedOf = async (spec: AccessKeySpec): Promise<string[]> =>
    (await seals.list(idsOf(spec))).map(({ accessKeyId }) => accessKeyId);

  const sealedByLaunch = async (spec: AccessKeySpec): Promise<string[]> => {
    const sealed = (await seals.list(idsOf(spec))).filter(({ run }) => run === spec.owner.run);
    return sealed.map(({ accessKeyId }) => accessKeyId);
  };

  const waitForOpenCall = async (spec: AccessKeySpec, found: readonly ListedKey[]): Promise<void> => {
    const intent = await intents.read(intentOf(spec));
    const made = found.some(({ accessKeyId }) => !(intent?.known ?? []).includes(accessKeyId));
    if (isOpen(intent, timing) && !made) {
      throw lookAgain(`an access key of ${spec.userName} may still appear`, deps);
    }
  };

  /** Without an intent this launch never asked for a key, or all of it is gone but a seal. */
  const deleteOfLaunch = async (spec: AccessKeySpec): Promise<void> => {
    const ids = idsOf(spec);
    const sealed = await sealedByLaunch(spec);
    const intent = await intents.read(intentOf(spec));
    if (!intent) {
      for (const id of sealed) await seals.destroy(ids, id);
      return;
    }
    const keys = await keysOf(spec);
    const ours = new Set([...idsIn(keys).filter((id) => !(intent.known ?? []).includes(id)), ...sealed]);
    await unname(control, ids, [...ours]);
    for (const id of ours) await deleteKey(aws.iam(spec.account), spec.userName, id);
    for (const id of ours) await seals.destroy(ids, id);
    for (const id of ours) await claims.remove(ids, id);
    await waitForOpenCall(spec, keys);
    await intents.remove(intentOf(spec));
  };

  const deleteOfWorkspace = async (spec: AccessKeySpec, removal: Removal): Promise<void> => {
    const ids = idsOf(spec);
    const tags = await userTags(spec);
    if (tags && !mayRemove(tags, spec.owner, removal)) return;
    const keys = tags ? await keysOf(spec) : [];
    const iam = aws.iam(spec.account);
    await unname(control, ids, idsIn(keys));
    // All are off before the first one goes: a removal that gets stuck half way leaves no key that works.
    for (const { accessKeyId, active } of keys) {
      if (active) await deactivateKey(iam, spec.userName, accessKeyId);
    }
    for (const { accessKeyId } of keys) await deleteKey(iam, spec.userName, accessKeyId);
    await destroyAllSeals(spec);
    for (const { accessKeyId } of keys) await claims.remove(ids, accessKeyId);
    await waitForOpenCall(spec, keys);
    if (!tags) believeAbsent(`user ${spec.userName}`, removal, deps);
    await intents.remove(intentOf(spec));
  };

  return {
    /**
     * By launch: the key that this launch made, and its seal. By workspace: all keys of the user and all its seals.
     * @throws NotYet while a call that makes a key may still be under way.
     */
    async deleteAccessKey(spec: AccessKeySpec, removal: Removal): Promise<void> {
      await (removal.by === 'run' ? deleteOfLaunch(spec) : deleteOfWorkspace(spec, removal));
    },

    /** Makes all keys of the workspace's user inactive. */
    async deactivateAccessKeys(spec: AccessKeySpec, removal: Removal): Promise<void> {
      const tags = await userTags(spec);
      if (!tags) return believeAbsent(`user ${spec.userName}`, removal, deps);
      if (!isOwnedBy(tags, spec.owner)) return;
      const keys = await keysOf(spec);
      await unname(control, idsOf(spec), idsIn(keys));
      for (const { accessKeyId, active } of keys) {
        if (active) await deactivateKey(aws.iam(spec.account), spec.userName, accessKeyId);
      }
    },

    /**
     * Takes one earlier key out of use, and its seal where it was never claimed. A key that was used within the last
     * `graceMs` is somebody's, for example of a workspace in another tab: it is looked at again after as long. 0: not asked.
     * @throws NotYet while it is in use.
     */
    async retireAccessKey(spec: AccessKeySpec, accessKeyId: string, graceMs = timing.keyGraceMs): Promise<void> {
      if (graceMs > 0) await requireUnused(spec, accessKeyId, graceMs);
      await unname(control, idsOf(spec), [accessKeyId]);
      await deactivateKey(aws.iam(spec.account), spec.userName, accessKeyId);
      await deleteKey(aws.iam(spec.account), spec.userName, accessKeyId);
      await seals.destroy(idsOf(spec), accessKeyId);
      await claims.remove(idsOf(spec), accessKeyId);
    },

    /** @throws NotYet while somebody has used this key within the last `unusedForMs`. A key that is gone is not used. */
    awaitAccessKeyUnused: requireUnused,

    /** Makes one earlier key inactive: it can be activated again. Absent is success. */
    async deactivateAccessKey(spec: AccessKeySpec, accessKeyId: string): Promise<void> {
      await unname(control, idsOf(spec), [accessKeyId]);
      await deactivateKey(aws.iam(spec.account), spec.userName, accessKeyId);
    },

    /**
     * Keys carry no tags: the user's stand for those of the workspace, the launch's intent for those of the launch. A seal
     * that is still there counts as its key, which may be gone before it, with its user.
     */
    async findRemainingAccessKeys(spec: AccessKeySpec, by: Removal['by']): Promise<Remaining[]> {
      const { owner } = spec;
      const tags = await userTags(spec);
      const keys = tags ? idsIn(await keysOf(spec)) : [];
      const sealed = by === 'owner' ? await sealedOf(spec) : await sealedByLaunch(spec);
      const known = (await intents.read(intentOf(spec)))?.known;
      const ofLaunch = (id: string) => known !== undefined && !known.includes(id);
      const left = new Set([...(by === 'owner' ? keys : keys.filter(ofLaunch)), ...sealed]);
      const ofUser = tags ?? createdTags(owner);
      const ofKey = by === 'owner' ? ofUser : { ...ofUser, [RUN_TAG]: owner.run };
      const found = [...left].map((id) => ({ id, tags: ofKey }));
      return remainingOf(found, owner, by);
    },
  };
};

/** The keys of a holder as they are: in IAM, sealed, in the hands of tasks. And taking one of them away. */
import { ignoreNotFound } from '#aws/errors.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { SeenKeys } from '#domain/keys/moves.ts';
import type { HolderKey } from '#domain/keys/record.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { deactivateKey, deleteKey, idsOf, intentOf, listKeys } from '../iam/access-key-parts.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

export const holderKeyActivities = ({ aws, control, timing }: Deps) => {
  const { seals, claims, leases } = control;

  const idsFor = async (keys: readonly HolderKey[], is: (id: string) => Promise<boolean>): Promise<string[]> => {
    const found = await Promise.all(keys.map(async ({ id }) => ((await is(id)) ? [id] : [])));
    return found.flat();
  };

  const forget = async (of: SubjectRef, accessKeyId: string): Promise<void> => {
    await seals.destroy(of, accessKeyId);
    await claims.remove(of, accessKeyId);
    await leases.dropAll(of, accessKeyId);
  };

  return {
    /** Without a user there are no keys. `keys`: what the record says. */
    async observeHolderKeys(spec: AccessKeySpec, keys: readonly HolderKey[]): Promise<SeenKeys> {
      const of = idsOf(spec);
      // Before IAM is asked: what is sealed later is of a key that IAM may not have listed yet.
      const seen = await seals.list(of);
      const [listed = [], sealed, leased] = await Promise.all([
        listKeys(aws.iam(spec.account), spec.userName).catch(ignoreNotFound),
        idsFor(keys, (id) => seals.canOpen(of, id)),
        idsFor(keys, async (id) => (await leases.live(of, id, 1)).length > 0),
      ]);
      const known = [...keys.map(({ id }) => id), ...listed.map(({ accessKeyId }) => accessKeyId)];
      const old = seen.filter(({ sealedAt }) => Date.now() > Date.parse(sealedAt) + timing.propagationMs);
      const strays = old.map(({ accessKeyId }) => accessKeyId).filter((id) => !known.includes(id));
      return { keys, listed, sealed, leased, strays };
    },

    /** Keys whose secret nobody has asked for: those of calls whose answer never came. */
    async findUnclaimedKeys(spec: AccessKeySpec, keys: readonly HolderKey[]): Promise<string[]> {
      const of = idsOf(spec);
      return await idsFor(
        keys,
        async (id) => (await seals.canOpen(of, id)) && (await claims.read(of, id)) === undefined,
      );
    },

    /** Off first, so that one whose removal gets stuck half way works no more; then gone, with all that was kept of it. */
    async deleteHolderKey(spec: AccessKeySpec, accessKeyId: string): Promise<void> {
      const of = idsOf(spec);
      const iam = aws.iam(spec.account);
      await deactivateKey(iam, spec.userName, accessKeyId);
      await deleteKey(iam, spec.userName, accessKeyId);
      await forget(of, accessKeyId);
    },

    /** Of a key that is gone. */
    async deleteKeyTraces(spec: AccessKeySpec, accessKeyId: string): Promise<void> {
      await forget(idsOf(spec), accessKeyId);
    },

    /** Of all keys that the holder ever had: none of them is there any more. */
    async deleteHolderTraces(spec: AccessKeySpec): Promise<void> {
      await control.traces.removeAll(idsOf(spec));
    },

    /** What was made is on record: nobody asks any more what the call may have made. */
    async deleteKeyIntent(spec: AccessKeySpec): Promise<void> {
      await control.intents.remove(intentOf(spec));
    },
  };
};

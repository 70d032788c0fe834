/**
 * A relaunch that failed may have taken away the key that was there to be claimed, to make room for its own. Nobody had
 * seen that key, so another one is as good: the workspace falls back on one that can be claimed.
 */
import { ignoreNotFound } from '#aws/errors.ts';
import { type AccessKey, activeKey } from '#domain/core/access-key.ts';
import type { Owner } from '#domain/core/ownership.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { accessKeyActivities } from './access-key.ts';
import { idsOf, listKeys } from './access-key-parts.ts';
import { KEYS_MAX } from './access-key-room.ts';

export const accessKeyAgainActivities = (deps: Pick<ActivityDeps, 'aws' | 'control' | 'timing'>) => {
  const { aws, control } = deps;
  const { ensureAccessKey } = accessKeyActivities(deps);

  const keysOf = async (spec: AccessKeySpec) => {
    return await listKeys(aws.iam(spec.account), spec.userName).catch(ignoreNotFound);
  };

  return {
    /**
     * The key that the record is to name: this one where it is there; one in its stead where it is gone, nobody had
     * claimed it and one may be made; null otherwise. @throws NotYet as making a key does
     */
    async restoreAccessKey(spec: AccessKeySpec, key: AccessKey, mayMake: boolean): Promise<AccessKey | null> {
      const keys = await keysOf(spec);
      if (keys?.some(({ accessKeyId }) => accessKeyId === key.id)) return key;
      if (!keys || !mayMake) return null;
      const run = `${spec.owner.run}-again`;
      // With its type: a field of another name would be lost in the spread.
      const owner: Owner = { ...spec.owner, run };
      const again: AccessKeySpec = { ...spec, owner };
      const sealed = (await control.seals.list(idsOf(spec))).filter((seal) => seal.run === run);
      const isMade = keys.some(({ accessKeyId }) => sealed.some((seal) => seal.accessKeyId === accessKeyId));
      const isClaimed = (await control.claims.read(idsOf(spec), key.id)) !== undefined;
      if (!isMade && (isClaimed || keys.length >= KEYS_MAX)) return null;
      const { accessKeyId, createdAt } = await ensureAccessKey(again);
      return activeKey(accessKeyId, createdAt);
    },
  };
};

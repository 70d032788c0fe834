/** Room for one more access key: a user can have two. */
import type { Control } from '#control/control.ts';
import { fail } from '#domain/core/failures.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { idsOf, type ListedKey, usedWithin } from './access-key-parts.ts';
import { namedKey, unname } from './named-key.ts';

export const KEYS_MAX = 2;

interface Deps extends Pick<ActivityDeps, 'control' | 'aws' | 'timing'> {
  readonly remove: (spec: AccessKeySpec, accessKeyId: string) => Promise<void>;
}

/**
 * Takes keys away until there is room. @returns those that stay @throws KeyInUse where the spec spares the one that would
 * have to go, and nothing was taken; NotYet where none may be taken.
 */
export const makeRoom = async (
  { control, aws, timing, remove }: Deps,
  spec: AccessKeySpec,
  keys: readonly ListedKey[],
): Promise<readonly ListedKey[]> => {
  if (keys.length < KEYS_MAX) return keys;
  // What is listed may be gone already: IAM is asked again.
  if (spec.keepsOthers) throw lookAgain(`IAM still lists two keys of ${spec.userName}`, { timing });
  const victim = await leastMissed(control, spec, keys);
  if (!victim) return keys;
  const ids = idsOf(spec);
  const { accessKeyId } = victim;
  const unusedForMs = spec.keepsNamed?.unusedForMs ?? 0;
  const use = unusedForMs > 0 ? await usedWithin(aws.iam(spec.account), accessKeyId, unusedForMs) : undefined;
  if (use !== undefined) throw inUse(spec, accessKeyId, use);
  await unname(control, ids, [accessKeyId]);
  await remove(spec, accessKeyId);
  await control.seals.destroy(ids, accessKeyId);
  return await makeRoom(
    { control, aws, timing, remove },
    spec,
    keys.filter((key) => key !== victim),
  );
};

/**
 * A key that was never claimed and can't be any more, since the record names another; then the unclaimed one that it
 * names, which nobody works with; then one that is inactive; then the older.
 */
const leastMissed = async (
  control: Pick<Control, 'records' | 'seals' | 'claims'>,
  spec: AccessKeySpec,
  keys: readonly ListedKey[],
): Promise<ListedKey | undefined> => {
  const ids = idsOf(spec);
  const sealed = await control.seals.list(ids);
  const named = await namedKey(control, ids);
  const unclaimed: ListedKey[] = [];
  for (const key of keys) {
    const isSealed = sealed.some(({ accessKeyId }) => accessKeyId === key.accessKeyId);
    if (isSealed && !(await control.claims.read(ids, key.accessKeyId))) unclaimed.push(key);
  }
  const others = spec.keepsNamed ? keys.filter(({ accessKeyId }) => accessKeyId !== named) : keys;
  return (
    unclaimed.find(({ accessKeyId }) => accessKeyId !== named) ??
    unclaimed[0] ??
    others.find(({ active }) => !active) ??
    others[0]
  );
};

const inUse = ({ userName, owner }: AccessKeySpec, accessKeyId: string, use: string) =>
  fail(
    'KeyInUse',
    `${userName} has two access keys, and ${accessKeyId} is in use (${use}; that Eyrie tried it out when it was new counts, ` +
      `too): stop what uses it and rotate again a day later (\`eyrie rotate ${owner.id}\`), or let an operator force it ` +
      `(\`eyrie rotate ${owner.id} --force\`)`,
  );

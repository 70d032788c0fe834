import type { Removal } from '#domain/core/ownership.ts';
import type { BucketKey } from '#domain/resources/storage.ts';
import type { EncryptionKeySpec } from '#domain/storage/plan.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, insistently, minutes } from '../kernel/step.ts';

/** The KMS key of one owner's bucket, with its alias. It goes only with the bucket: what it has encrypted is lost without it. */
export const encryptionKey = defineStep({
  name: 'encryption-key',
  expectedMs: minutes(1),
  async make({ key, wanted }: EncryptionKeySpec): Promise<BucketKey> {
    await mutate.claimEnvironment(key);
    if (!wanted) return { arn: null, formerArn: await find.findKmsKeyArn(key) };
    const { arn } = await mutate.ensureKmsKey(key);
    return { arn, formerArn: null };
  },
  heldBy: ['objects', 'bucket'],
  async undo(spec: EncryptionKeySpec, removalFor) {
    const removal = removalFor('ensureKmsKey');
    if (!(await insistently(() => isNeeded(spec, removal.by)))) await undo.deleteKmsKey(spec.key, removal);
  },
  remaining: (spec: EncryptionKeySpec) => [
    {
      type: 'AWS::KMS::Key',
      names: [spec.key.name],
      look: async (by) => ((await isNeeded(spec, by)) ? [] : await find.findRemainingKmsKeys(spec.key, by)),
    },
  ],
});

/**
 * A set-up that fails leaves a bucket that was there before: what has been written since is encrypted with the key that
 * this set-up made its default. It belongs to the bucket now, and goes with it.
 */
const isNeeded = async ({ key, contents }: EncryptionKeySpec, by: Removal['by']): Promise<boolean> => {
  if (by !== 'run') return false;
  const [inUse, arn] = [await find.findDefaultKeyArn(contents), await find.findKmsKeyArn(key)];
  return inUse !== null && inUse === arn;
};

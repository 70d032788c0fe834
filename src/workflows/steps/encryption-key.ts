import type { BucketKey } from '#domain/resources/storage.ts';
import type { EncryptionKeySpec } from '#domain/storage/plan.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** The KMS key of one owner's bucket, with its alias. It goes only with the bucket: what it has encrypted is lost without it. */
export const encryptionKey = defineStep({
  name: 'encryption-key',
  expectedMs: minutes(1),
  async make({ key, wanted }: EncryptionKeySpec): Promise<BucketKey> {
    if (!wanted) return { arn: null, formerArn: await find.findKmsKeyArn(key) };
    const { arn } = await mutate.ensureKmsKey(key);
    return { arn, formerArn: null };
  },
  heldBy: ['objects', 'bucket'],
  async undo({ key }: EncryptionKeySpec, removal) {
    await undo.deleteKmsKey(key, removal('ensureKmsKey'));
  },
  remaining: ({ key }: EncryptionKeySpec) => [
    { type: 'AWS::KMS::Key', names: [key.name], look: (by) => find.findRemainingKmsKeys(key, by) },
  ],
});

import { fail } from '#domain/core/failures.ts';
import type { BucketKey } from '#domain/resources/storage.ts';
import type { StorageBucketSpec } from '#domain/storage/plan.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { emptyOut } from './empty-out.ts';

/** Whoever writes into a bucket that is being removed is not outrun for ever. */
const TRIES = 5;

/** The bucket of one owner, with all its properties. */
export const ownBucket = defineStep({
  name: 'bucket',
  expectedMs: minutes(1),
  async make({ bucket }: StorageBucketSpec, { key }: { readonly key: BucketKey }): Promise<void> {
    await mutate.ensureOwnBucket(bucket, key);
  },
  heldBy: ['objects'],
  async undo(spec: StorageBucketSpec, removalFor) {
    const { contents } = spec;
    const removal = removalFor('ensureOwnBucket');
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const { gone } = await undo.deleteOwnBucket(contents, removal);
      if (gone) return;
      // A set-up that failed takes back what it made, and no object that somebody has put there since.
      if (removal.by === 'run') break;
      await emptyOut(spec);
    }
    throw fail('Conflict', `bucket ${contents.name} holds objects: somebody writes into it. It was left`);
  },
  remaining: ({ contents }: StorageBucketSpec) => [
    { type: 'AWS::S3::Bucket', names: [contents.name], look: (by) => find.findRemainingOwnBucket(contents, by) },
  ],
});

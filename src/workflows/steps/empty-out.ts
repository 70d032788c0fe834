/** Emptying a bucket, slice by slice: an activity for each, so that the history stays short however much there is. */

import { fail, type Leftover } from '#domain/core/failures.ts';
import { EMPTYING_BEGINS, type EmptyingState } from '#domain/resources/emptying.ts';
import type { ContentsSpec } from '#domain/storage/plan.ts';
import { slice } from '../kernel/calls.ts';

/** Short at first, so that there is soon something to tell; then twice as long each time. */
const FIRST_SLICE_MS = 5_000;
const SLICE_MAX_MS = 15 * 60_000;

/** @throws CompensationIncomplete with the first of those that S3 keeps, and how many they are. */
export const emptyOut = async ({ contents, told, from, breaksOff }: ContentsSpec): Promise<void> => {
  let { state, forMs } = from ?? { state: EMPTYING_BEGINS, forMs: FIRST_SLICE_MS };
  while (!state.done) {
    state = await slice.emptyBucket(contents, state, forMs);
    told?.(state);
    forMs = Math.min(forMs * 2, SLICE_MAX_MS);
    if (!state.done && breaksOff?.({ state, forMs })) return;
  }
  if (state.refusedCount === 0) return;
  const leftovers = leftoversOf(contents.name, state);
  const names = leftovers.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  throw fail(
    'CompensationIncomplete',
    `S3 keeps ${state.refusedCount} objects of bucket ${contents.name}, among them ${names}`,
    { leftovers },
  );
};

const leftoversOf = (bucket: string, { refused }: EmptyingState): Leftover[] =>
  refused.map(({ key, version, why }) => ({
    type: 'AWS::S3::Object',
    id: version === null || version === 'null' ? `${bucket}/${key}` : `${bucket}/${key}?versionId=${version}`,
    name: key,
    reason: why,
  }));

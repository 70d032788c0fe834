/** A slice of the emptying of one owner's bucket, as an activity. */

import { GetBucketTaggingCommand } from '@aws-sdk/client-s3';
import { Context } from '@temporalio/activity';
import { isAwsCode } from '#aws/errors.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import type { EmptyingState } from '#domain/resources/emptying.ts';
import type { BucketContents } from '#domain/resources/storage.ts';
import { tell, toldBefore } from '#temporal/heartbeat.ts';
import type { ActivityDeps } from '../deps.ts';
import { setting } from './bucket-parts.ts';
import { emptyFrom } from './emptying.ts';
import { mayTake } from './own-bucket.ts';

const OWNERS = { by: 'owner', unsureSince: null } as const;

type Deps = Pick<ActivityDeps, 'aws' | 'timing' | 'isStopping'>;

export const emptyBucketActivities = ({ aws, timing, isStopping = () => false }: Deps) => ({
  /**
   * Goes on from `from`, or from where an attempt before this one was cut off, for about `forMs` or until the worker stops.
   * @throws Conflict where the bucket is another owner's.
   */
  async emptyBucket(spec: BucketContents, from: EmptyingState, forMs: number): Promise<EmptyingState> {
    const began = Date.now();
    const { cancellationSignal } = Context.current();
    const s3 = aws.s3(spec.account);
    const at = { Bucket: spec.name, ExpectedBucketOwner: spec.account.accountId };
    let state = toldBefore<EmptyingState>() ?? from;
    try {
      const tags = tagsOf((await setting(s3.send(new GetBucketTaggingCommand(at))))?.TagSet);
      if (!mayTake(tags, spec, OWNERS)) throw fail('Conflict', `bucket ${spec.name} belongs to another owner`);
      state = await emptyFrom({
        s3,
        at,
        from: state,
        isOver: () => isStopping() || cancellationSignal.aborted || Date.now() - began >= forMs,
        tell: (next) => {
          state = next;
          tell(next);
        },
        pauseMs: timing.lookEveryMs / 5,
      });
    } catch (error) {
      if (isAwsCode(error, 'NoSuchBucket')) return { ...state, done: true };
      if (codeOf(error) === 'Denied') throw notOurs(spec, error);
      if (!isShutdown(cancellationSignal)) throw error;
    }
    // A worker that is shut down has done a shorter slice; whoever wanted it stopped is told so.
    if (cancellationSignal.aborted && !isShutdown(cancellationSignal)) throw cancellationSignal.reason;
    return state;
  },
});

const isShutdown = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof Error && reason.message === 'WORKER_SHUTDOWN';

const notOurs = ({ name }: BucketContents, error: unknown) =>
  fail(
    'Denied',
    `the objects of bucket ${name} may not be removed: it is another account's, or a right is missing: ${
      error instanceof Error ? error.message : String(error)
    }`,
    {},
  );

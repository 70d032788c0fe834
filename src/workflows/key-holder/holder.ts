import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineUpdate,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { fail } from '#domain/core/failures.ts';
import {
  CREATE_KEY,
  type CreateKey,
  DELETE_KEY,
  type DeleteKey,
  type KeyHolderInput,
  LIST_KEYS,
  LOOK_AFTER_KEYS,
  type LookAfterKeys,
  REMOVE_HOLDER,
  type RemoveHolder,
} from '#domain/keys/input.ts';
import { holderKeys } from './holder-keys.ts';
import { createTurns } from './turns.ts';

/** So long after the last call it ends: what it knows stands in the record. */
const IDLE_MS = 30_000;

/** The server ends a run at 2,000 updates. */
const CALLS_PER_RUN = 500;

/** The caller is told by a code, as of any other failure. */
const tellCancelled = (error: unknown): never => {
  throw isCancellation(error) ? fail('Unavailable', 'the work on these keys was cancelled; try again') : error;
};

/**
 * The only writer of one IAM user's keys: whoever wants one made, deleted or looked after asks this workflow, which does
 * one thing after the other. Started by the first call, and over when there was none for a while.
 */
export async function keyHolder(input: KeyHolderInput): Promise<void> {
  const keys = holderKeys(input);
  const inTurn = createTurns();
  let calls = 0;
  const answering = <A, R>(name: string, description: string, work: (arg: A) => Promise<R>): void =>
    setHandler(
      defineUpdate<R, [A]>(name),
      async (arg) => {
        calls += 1;
        return await inTurn(() => work(arg)).catch(tellCancelled);
      },
      { description },
    );
  answering<CreateKey, unknown>(CREATE_KEY, 'Makes a key. {request}', keys.create);
  answering<DeleteKey, unknown>(DELETE_KEY, 'Deletes a key. {accessKeyId}', keys.remove);
  answering(LIST_KEYS, 'Tells its keys.', keys.list);
  answering<LookAfterKeys, unknown>(LOOK_AFTER_KEYS, 'Expires and rotates. {at, aheadMs}', keys.lookAfter);
  answering<RemoveHolder, unknown>(REMOVE_HOLDER, 'Removes all of it. {force, requestedBy}', keys.removeHolder);

  /** Cancelled, it lets the call under way come to its end, so that the next run sees all that this one has done. */
  const untilAnswered = (): Promise<void> => CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  const isLong = (): boolean => calls >= CALLS_PER_RUN || workflowInfo().continueAsNewSuggested;
  try {
    for (let before = -1; before !== calls && !isLong(); ) {
      before = calls;
      await condition(() => calls !== before, IDLE_MS);
      await condition(allHandlersFinished);
    }
  } finally {
    await untilAnswered();
  }
  if (isLong()) await continueAsNew<typeof keyHolder>(input);
}

/** Starting an operation on a storage and waiting for its end, for as long as a caller may be kept waiting. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { StartOperation } from '#temporal/operations.ts';
import { ApiProblem } from '../problems.ts';
import { requireOwn } from '../subjects/own.ts';
import type { StorageKind, StorageOperations, StorageRun } from './kind.ts';

export interface Settling {
  readonly subject: SubjectRef;
  /** `sub`: whose it is. */
  readonly user: string;
  /** Is what this run did, or does, what the caller wants? */
  readonly isWanted: (run: StorageRun) => boolean;
  /** Says the last run already that there is nothing to do? */
  readonly isDone: (run: StorageRun) => boolean;
  /** The same of another operation that is in progress. Default: it has to end first. */
  readonly isDoneDuring?: (run: StorageRun) => Promise<boolean>;
  readonly operation: () => StartOperation<StorageKind>;
}

export interface SettleParts {
  readonly operations: Pick<StorageOperations, 'describe' | 'start' | 'failureOf'>;
  readonly waitMs: number;
  readonly everyMs: number;
  readonly now: () => number;
}

/**
 * `done`: it has ended well. `busy`: it, or an operation that has to end first, is in progress.
 * @throws the failure of the operation; OperationInProgress where another installation runs it.
 */
export const createSettle =
  ({ operations, waitMs, everyMs, now }: SettleParts) =>
  async ({ subject, user, isWanted, isDone, isDoneDuring, operation }: Settling): Promise<'done' | 'busy'> => {
    const until = now() + waitMs;
    /** The run whose end is this call's: it was started by it, or was under way. */
    let followed: string | undefined;
    for (let first = true; first || now() < until; first = false) {
      if (!first) await delay(everyMs);
      const run = await operations.describe(subject);
      if (run?.running) {
        requireOwn(run);
        assertSameUser(run, user);
        if (isWanted(run)) followed = run.runId;
        else if (await isDoneDuring?.(run)) return 'done';
        continue;
      }
      if (run && run.runId === followed) {
        if (run.status === 'COMPLETED') return 'done';
        throw await failureOf(operations, run);
      }
      if (run && run.memo.user === user && isDone(run)) return 'done';
      followed = (await operations.start(operation()))?.runId;
    }
    return 'busy';
  };

/** Escaping is not one-to-one: nobody hears of a namesake's. */
const assertSameUser = ({ memo }: StorageRun, user: string): void => {
  if (memo.user !== user)
    throw new ApiProblem(
      'Conflict',
      'the name of this storage belongs to another user whose id is escaped to the same',
    );
};

const failureOf = async (operations: SettleParts['operations'], run: StorageRun): Promise<ApiProblem> => {
  const failure = await operations.failureOf(run);
  if (!failure) return new ApiProblem('Unavailable', `${run.type} was ended from outside (${run.status}); try again`);
  const { code, detail, leftovers } = failure;
  return new ApiProblem(code, detail, leftovers.length > 0 ? { leftovers } : {});
};

/**
 * A task is made once for an idempotency key, also where the answer of the TES server, or ours, is lost on the way.
 *
 * A marker in the control bucket says who is at it. The task carries the request's id in a tag, so whoever finds a marker
 * without a task looks for the task before another one is made.
 */
import type { RequestMarker, StoredMarker, TaskRequests } from './ports.ts';
import { TesProblem } from './problem.ts';
import { CreateFailed } from './upstream.ts';

export interface OnceOptions {
  readonly requests: TaskRequests;
  /** For how long a call that makes a task may be under way, in milliseconds. */
  readonly holdMs: number;
  readonly now: () => number;
  /** Between two looks at a marker that another call holds. */
  readonly pause: () => Promise<void>;
}

export interface OnceRequest {
  readonly userId: string;
  readonly requestId: string;
  readonly fingerprint: string;
  /** The id of the task that was made for this request, where there is one. */
  readonly find: () => Promise<string | undefined>;
  /** @throws CreateFailed */
  readonly make: () => Promise<string>;
}

export type Once = (request: OnceRequest) => Promise<string>;

/** Looks at a marker that another call holds, before the caller is told to come again. */
const LOOKS_MAX = 20;

export const createOnce = ({ requests, holdMs, now, pause }: OnceOptions): Once => {
  /** Its task is known: whoever repeats the request gets it. A marker that can't be written is made good by the look. */
  const settle = async ({ userId, requestId, fingerprint }: OnceRequest, taskId: string): Promise<string> => {
    await requests.put(userId, requestId, { fingerprint, taskId, heldUntil: 0 }).catch(() => {});
    return taskId;
  };

  const makeHeld = async (request: OnceRequest): Promise<string> => {
    const { userId, requestId, fingerprint, make } = request;
    try {
      return await settle(request, await make());
    } catch (error) {
      const outcome = error instanceof CreateFailed ? error.outcome : 'nothing-made';
      if (outcome === 'nothing-made') await requests.remove(userId, requestId).catch(() => {});
      else {
        const heldUntil = outcome === 'timeout' ? now() + holdMs : 0;
        await requests.put(userId, requestId, { fingerprint, taskId: null, heldUntil }).catch(() => {});
      }
      throw error;
    }
  };

  /** True: this call holds the request now. */
  const take = async (
    { userId, requestId, fingerprint }: OnceRequest,
    found: StoredMarker | undefined,
  ): Promise<boolean> => {
    const marker: RequestMarker = { fingerprint, taskId: null, heldUntil: now() + holdMs };
    return found ? requests.replace(userId, requestId, marker, found.etag) : requests.create(userId, requestId, marker);
  };

  return async (request) => {
    const { userId, requestId, fingerprint, find } = request;
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const found = await requests.read(userId, requestId);
      if (found && found.marker.fingerprint !== fingerprint)
        throw new TesProblem('Invalid', 'this Idempotency-Key was used for another task');
      if (found?.marker.taskId) return found.marker.taskId;
      const isHeld = found !== undefined && now() < found.marker.heldUntil;
      if (found && (looks === 0 || !isHeld)) {
        const taskId = await find();
        if (taskId !== undefined) return settle(request, taskId);
      }
      if (!isHeld && (await take(request, found))) return makeHeld(request);
      await pause();
    }
    throw new TesProblem('OperationInProgress', 'the same request is under way: repeat it in a while', {
      retryAfter: 5,
    });
  };
};

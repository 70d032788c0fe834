/** Requests that make a task once: a marker each, so that the same call made again at any process of the API is known. */
import { createHash } from 'node:crypto';
import { taskRequestKey } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

export interface TaskRequest {
  /** SHA-256 of what was asked for. */
  readonly fingerprint: string;
  /** Null: it is not known yet. */
  readonly taskId: string | null;
  /** Milliseconds since 1970: until then whoever holds it may still be at work. */
  readonly heldUntil: number;
}

/** Nobody clears them away but the bucket's lifecycle: a day is longer than any client goes on asking. */
export const createTaskRequests = (objects: Objects, environment: string) => {
  const keyOf = (userId: string, requestId: string): string =>
    taskRequestKey(environment, userId, createHash('sha256').update(requestId).digest('hex'));

  /** False where another process was faster. */
  const won = async (write: Promise<string>): Promise<boolean> => {
    try {
      await write;
      return true;
    } catch (error) {
      if (error instanceof WriteConflict) return false;
      throw error;
    }
  };

  return {
    async read(userId: string, requestId: string): Promise<{ marker: TaskRequest; etag: string } | undefined> {
      const stored = await objects.read(keyOf(userId, requestId));
      return stored && { marker: JSON.parse(stored.body) as TaskRequest, etag: stored.etag };
    },

    create: (userId: string, requestId: string, marker: TaskRequest): Promise<boolean> =>
      won(objects.create(keyOf(userId, requestId), JSON.stringify(marker))),

    replace: (userId: string, requestId: string, marker: TaskRequest, etag: string): Promise<boolean> =>
      won(objects.replace(keyOf(userId, requestId), JSON.stringify(marker), etag)),

    async put(userId: string, requestId: string, marker: TaskRequest): Promise<void> {
      await objects.put(keyOf(userId, requestId), JSON.stringify(marker));
    },

    /** Absent is success. */
    remove: (userId: string, requestId: string): Promise<void> => objects.remove(keyOf(userId, requestId)),
  };
};

/** Tasks that are seen to have ended give back the keys that they were given. */
import { LRUCache } from 'lru-cache';
import { ENDED_STATES, type TesTask, tagsOf } from './model.ts';
import type { SystemKeys } from './ports.ts';
import { AUTHZ_TAG, authzOf } from './tags.ts';

/** @param userId whose own tasks are meant: no others are looked at */
export type NoteEnded = (userId: string | undefined, tasks: readonly TesTask[]) => void;

const REMEMBERED = 20_000;

/** @param onError a key that was not given back is kept until its lease ends by itself */
export const createNoteEnded = (
  systemKeys: Pick<SystemKeys, 'release'>,
  onError: (error: unknown) => void,
): NoteEnded => {
  const released = new LRUCache<string, true>({ max: REMEMBERED });
  return (userId, tasks) => {
    if (userId === undefined) return;
    for (const task of tasks) {
      if (!ENDED_STATES.has(task.state) || released.has(task.id) || tagsOf(task)[AUTHZ_TAG] !== authzOf(userId))
        continue;
      released.set(task.id, true);
      systemKeys.release(userId, task.id).catch((error: unknown) => {
        released.delete(task.id);
        onError(error);
      });
    }
  };
};

/** Counts the requests that each user has under way. */
import { LRUCache } from 'lru-cache';
import type { BufferOwner } from './buffer-budget.ts';
import { newShare, type Share } from './upstream/share.ts';

export interface UserSlot extends BufferOwner {
  count: number;
  /** What the user has of the upstream's connections. */
  readonly share: Share;
}

export interface UserSlots {
  /** @returns undefined when the user has too many; otherwise to be given back with `release`. */
  take(userId: string): UserSlot | undefined;
  release(slot: UserSlot): void;
}

/** Users beyond these are those that were idle longest: who is busy is used all the time. */
const USERS_KEPT = 10_000;

export const createUserSlots = (perUser: number): UserSlots => {
  const slots = new LRUCache<string, UserSlot>({ max: USERS_KEPT });
  return {
    take(userId) {
      let slot = slots.get(userId);
      if (!slot) {
        slot = { count: 0, buffered: 0, share: newShare() };
        slots.set(userId, slot);
      }
      if (slot.count >= perUser) return undefined;
      slot.count++;
      return slot;
    },
    release(slot) {
      slot.count--;
    },
  };
};

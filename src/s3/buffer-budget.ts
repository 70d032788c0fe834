/**
 * What bodies that are collected in memory may take, of one user and in all. It is reserved before the first byte is read:
 * sixty unfinished documents of 4 MiB would otherwise be 240 MiB that nobody asked about.
 */
import type { S3Limits } from './options.ts';

/** As much as an upload needs to begin. */
const FIRST_BYTES = 64 * 1024;

/** Whose bytes they are. */
export interface BufferOwner {
  buffered: number;
}

export interface BufferBudget {
  /** Bytes that are reserved now. */
  readonly reserved: number;
  /** @returns false when there is no room; nothing is reserved then */
  reserve(owner: BufferOwner, bytes: number): boolean;
  release(owner: BufferOwner, bytes: number): void;
}

export const createBufferBudget = ({
  bufferBytesPerUser,
  bufferBytesMax,
}: Pick<S3Limits, 'bufferBytesPerUser' | 'bufferBytesMax'>): BufferBudget => {
  let reserved = 0;
  return {
    get reserved() {
      return reserved;
    },
    reserve(owner, bytes) {
      const held = owner.buffered + bytes;
      const free = bufferBytesMax - reserved;
      if (held > bufferBytesPerUser || bytes > free || !isShare(owner, bytes, free)) return false;
      owner.buffered = held;
      reserved += bytes;
      return true;
    },
    release(owner, bytes) {
      owner.buffered -= bytes;
      reserved -= bytes;
    },
  };
};

/**
 * As for connections: a first piece whenever there is room, and more as long as it leaves as much again. Beside ten
 * who fill what is theirs, the next user still finds room to begin.
 */
const isShare = ({ buffered }: BufferOwner, bytes: number, free: number): boolean =>
  (buffered === 0 && bytes <= FIRST_BYTES) || (buffered + bytes) * 2 <= free;

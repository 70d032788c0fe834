/**
 * What bodies that are collected in memory may take, of one user and in all. It is reserved before the first byte is read:
 * sixty unfinished documents of 4 MiB would otherwise be 240 MiB that nobody asked about.
 */
import type { S3Limits } from './options.ts';

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
      if (owner.buffered + bytes > bufferBytesPerUser || reserved + bytes > bufferBytesMax) return false;
      owner.buffered += bytes;
      reserved += bytes;
      return true;
    },
    release(owner, bytes) {
      owner.buffered -= bytes;
      reserved -= bytes;
    },
  };
};

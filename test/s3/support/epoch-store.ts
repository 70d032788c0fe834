import type { EpochStore } from '#s3/identity/epochs.ts';

export interface MemoryEpochStore extends EpochStore {
  fail: boolean;
  reads: number;
}

/** What the control bucket is to a real proxy. */
export const memoryEpochStore = (): MemoryEpochStore => {
  let epochs: Record<string, number> = {};
  return {
    fail: false,
    reads: 0,
    async read() {
      this.reads++;
      if (this.fail) throw new Error('the store is gone');
      return { ...epochs };
    },
    async update(change) {
      epochs = change(epochs);
    },
  };
};

/** The epochs as one object of a bucket, by a small port that the composition root fills (see control/objects.ts). */
import type { EpochStore } from './epochs.ts';

/** Conditional reads and writes of one small object. */
export interface EpochObjects {
  read(key: string): Promise<{ readonly body: string; readonly etag: string } | undefined>;
  /** @throws an error for which `isConflict` holds when the object exists */
  create(key: string, body: string): Promise<unknown>;
  /** @throws an error for which `isConflict` holds when another version is there */
  replace(key: string, body: string, etag: string): Promise<unknown>;
}

const EPOCHS_KEY = 's3/epochs.json';
const ATTEMPTS_MAX = 8;

export const createEpochObject = (objects: EpochObjects, isConflict: (error: unknown) => boolean): EpochStore => ({
  read: async () => parseEpochs((await objects.read(EPOCHS_KEY))?.body),

  async update(change) {
    for (let attempt = 1; ; attempt++) {
      const stored = await objects.read(EPOCHS_KEY);
      const body = JSON.stringify(change(parseEpochs(stored?.body)));
      try {
        await (stored ? objects.replace(EPOCHS_KEY, body, stored.etag) : objects.create(EPOCHS_KEY, body));
        return;
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  },
});

/** @throws Error for an object that somebody else wrote: guessing here would let revoked sessions in. */
function parseEpochs(body: string | undefined): Record<string, number> {
  if (body === undefined) return {};
  const parsed: unknown = JSON.parse(body);
  if (
    typeof parsed !== 'object' ||
    parsed === null ||
    Object.values(parsed).some((epoch) => typeof epoch !== 'number')
  ) {
    throw new Error(`${EPOCHS_KEY} does not hold epochs`);
  }
  return parsed as Record<string, number>;
}

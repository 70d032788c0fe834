/**
 * Buffers of uploads are garbage as soon as they are written, but V8 counts their size towards a collection of the whole
 * heap, and nothing else in an upload fills the young generation. Measured: a full collection for each 40 MB uploaded, a
 * third of the CPU of an upload. Asking for a collection of the young generation costs a fraction of a millisecond.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

/**
 * Far below V8's own threshold for a full collection: buffers that live through two young collections count as old, and
 * after a pause, when the young generation is small, that happens soon. With 16 MiB, full collections came twenty a second;
 * with 8 as few as with 4.
 */
const COLLECT_EVERY_BYTES = 8 * 1024 * 1024;

const obtainCollect = (): Collect => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
};

let collect: Collect | undefined;
let bytes = 0;

/** @param length of a buffer that was read from a client and will be dropped soon */
export const noteUploadBuffer = (length: number): void => {
  bytes += length;
  if (bytes < COLLECT_EVERY_BYTES) return;
  bytes = 0;
  collect ??= obtainCollect();
  collect({ type: 'minor' });
};

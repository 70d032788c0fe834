/** The keys that seal secrets. The first one seals, all of them open: put a new one in front to rotate. */
export interface SealingKey {
  /** Stands in the header of what it sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const KEY_BYTES = 32;

/** @throws Error that names the key, never its value. */
export const assertSealingKeys = (keys: readonly SealingKey[]): void => {
  if (keys.length === 0) throw new Error('at least one sealing key is needed');
  for (const { id, key } of keys) {
    if (key.byteLength !== KEY_BYTES) throw new Error(`sealing key ${id} must have ${KEY_BYTES} bytes`);
  }
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new Error('two sealing keys have the same id');
};

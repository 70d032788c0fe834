/** A new sealing key, as the variable by which worker and API take it. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const KEY_BYTES = 32;

const lineOf = (now: Date): string =>
  `EYRIE_SEALING_KEYS=${now.toISOString().slice(0, 10)}:${randomBytes(KEY_BYTES).toString('base64')}\n`;

/**
 * Writes one that nobody else may read. A file that is there is left as it is: with another key, nothing that was sealed
 * could be opened any more. Tells whether it was written.
 */
export const writeSealingKey = (file: string, now: Date = new Date()): boolean => {
  try {
    writeFileSync(file, lineOf(now), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/**
 * Page tokens of our own: sealed, so that they tell nobody what they hold (a server's own token may be the id of somebody
 * else's task) and can't be made up; good for the same caller and the same filters only.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { TesProblem } from './problem.ts';

/** Where the next page begins. */
export interface Position {
  /** The TES server's token of the page; absent for its first one. */
  readonly token?: string | undefined;
  /** Of that page, where it was not used up: its size, and the last task that was looked at. */
  readonly within?: { readonly size: number; readonly after: string } | undefined;
}

export interface Cursors {
  /** @param scope whose list it is, and of what */
  seal(position: Position, scope: string): string;
  /** @throws TesProblem Invalid with 400 for a text that is no cursor of this scope */
  open(text: string, scope: string): Position;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const CURSOR_CHARS_MAX = 8_192;

/** @param keys the first seals, all of them open */
export const createCursors = (keys: readonly Uint8Array[]): Cursors => {
  const sealKeys = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'eyrie-tes-cursors', 32)));
  const [first] = sealKeys;
  if (!first) throw new Error('cursors need a key');

  return {
    seal(position, scope) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, iv);
      cipher.setAAD(Buffer.from(scope));
      const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(position), 'utf8'), cipher.final()]);
      return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
    },

    open(text, scope) {
      const blob = text.length > CURSOR_CHARS_MAX ? Buffer.alloc(0) : Buffer.from(text, 'base64url');
      if (blob.length > IV_BYTES + TAG_BYTES && blob.toString('base64url') === text) {
        for (const key of sealKeys) {
          const position = opened(blob, key, scope);
          if (position) return position;
        }
      }
      throw new TesProblem('Invalid', 'page_token is not one that this list has given', { status: 400 });
    },
  };
};

const opened = (blob: Buffer, key: Buffer, scope: string): Position | undefined => {
  try {
    const opener = createDecipheriv('aes-256-gcm', key, blob.subarray(0, IV_BYTES));
    opener.setAAD(Buffer.from(scope));
    opener.setAuthTag(blob.subarray(-TAG_BYTES));
    const text = Buffer.concat([opener.update(blob.subarray(IV_BYTES, -TAG_BYTES)), opener.final()]).toString('utf8');
    return JSON.parse(text) as Position; // authenticated: only we can have written it
  } catch {
    return undefined;
  }
};

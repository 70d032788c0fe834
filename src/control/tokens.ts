/**
 * Tokens of a subject: whoever holds one is given sessions. Opaque, and known here by their hash alone: a reader of the
 * bucket can't use one. Until it is handed out a token is sealed like the secret of a key, and handed out once.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { Claims } from './claims.ts';
import { tokenKey, tokensPrefix } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';
import type { Seals } from './seals.ts';

export interface TokenInfo {
  /** What it is sealed and claimed by, as a key by its own. */
  readonly id: string;
  /** ISO time. */
  readonly createdAt: string;
}

export type Tokens = ReturnType<typeof createTokens>;

const TOKEN_BYTES = 32;
const TOKEN_MAX = 128;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export const createTokens = (parts: { objects: Objects; seals: Seals; claims: Claims; now: () => number }) => {
  const { objects, seals, claims, now } = parts;

  const remove = async (of: SubjectRef, key: string, id: string): Promise<void> => {
    // It opens nothing before the rest of it goes.
    await objects.remove(key);
    await seals.destroy(of, id);
    await claims.remove(of, id);
  };

  const listed = async (of: SubjectRef): Promise<{ readonly key: string; readonly info: TokenInfo }[]> => {
    const found: { key: string; info: TokenInfo }[] = [];
    for (const key of await objects.listAll(tokensPrefix(of))) {
      const stored = await objects.read(key);
      if (stored) found.push({ key, info: JSON.parse(stored.body) as TokenInfo });
    }
    return found;
  };

  /** Sealed by an earlier try, or now. */
  const sealed = async (of: SubjectRef, id: string): Promise<string> => {
    const known = await seals.open(of, id);
    if (known) return known.secretAccessKey;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    try {
      // Not under the run's own name: what a run has sealed there are access keys.
      await seals.put(of, { accessKeyId: id, secretAccessKey: token }, `token ${id}`);
      return token;
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      return (await seals.open(of, id))?.secretAccessKey ?? token;
    }
  };

  return {
    /** Makes it, once: sealed, to be claimed by its id. */
    async ensure(of: SubjectRef, id: string): Promise<TokenInfo> {
      const known = (await listed(of)).find(({ info }) => info.id === id);
      if (known) return known.info;
      const info: TokenInfo = { id, createdAt: new Date(now()).toISOString() };
      await objects.put(tokenKey(of, hashOf(await sealed(of, id))), JSON.stringify(info));
      return info;
    },

    /** Is this one of the subject's? */
    async knows(of: SubjectRef, token: string): Promise<boolean> {
      return token.length <= TOKEN_MAX && (await objects.read(tokenKey(of, hashOf(token)))) !== undefined;
    },

    /** Takes one token back. Absent is success. */
    async revoke(of: SubjectRef, id: string): Promise<void> {
      for (const { key, info } of await listed(of)) if (info.id === id) await remove(of, key, id);
      await seals.destroy(of, id);
    },

    /** Takes all tokens of the subject back. */
    async revokeAll(of: SubjectRef): Promise<void> {
      for (const { key, info } of await listed(of)) await remove(of, key, info.id);
    },
  };
};

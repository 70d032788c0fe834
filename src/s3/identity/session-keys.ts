/**
 * Session credentials without a store: the secret is derived from the key id, and what the session may do travels in
 * its token, sealed. Any process with the master key serves any session.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Right } from './principal.ts';

export interface MasterKey {
  /** 0 to 31; part of each key id, so that keys can be rotated with an overlap. */
  readonly version: number;
  /** At least 32 random bytes. */
  readonly secret: Buffer;
}

/** What is sealed into a session token. */
export interface Session {
  readonly userId: string;
  readonly clientId?: string;
  readonly rights: readonly Right[];
  readonly prefix: string;
  /** Milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Of the token it was minted for: SHA-256, for the audit. */
  readonly tokenHash: string;
  /** The newest revocation epoch of all when it was minted. */
  readonly epoch: number;
}

export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface SessionKeys {
  /** Sealed with the first master key. */
  mint(session: Session): SessionCredentials;
  secretOf(accessKeyId: string): string | undefined;
  /** @returns undefined unless the token was sealed for this very key id. */
  open(accessKeyId: string, sessionToken: string): Session | undefined;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** `GWS1`, the version of the master key, 24 random characters (120 bits). */
const KEY_ID = /^GWS1([A-Z2-7])[A-Z2-7]{24}$/;

export const isSessionKeyId = (accessKeyId: string): boolean => accessKeyId.startsWith('GWS1');

const IV_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_CHARS = 40;
const SESSION_TOKEN_CHARS_MAX = 8_192;

export const createSessionKeys = (masters: readonly MasterKey[]): SessionKeys => {
  const [current] = masters;
  if (!current) throw new Error('session credentials need a master key');
  const sealKeys = new Map<number, Buffer>();
  for (const { version, secret } of masters) {
    if (!(version >= 0 && version < ALPHABET.length)) throw new Error('the version of a master key is 0 to 31');
    if (secret.length < 32) throw new Error('a master key has at least 32 bytes');
    if (sealKeys.has(version)) throw new Error(`master key ${version} is given twice`);
    sealKeys.set(version, Buffer.from(hkdfSync('sha256', secret, '', 's3-session-token', 32)));
  }

  const versionOf = (accessKeyId: string): number | undefined => {
    const version = KEY_ID.exec(accessKeyId)?.[1];
    return version === undefined ? undefined : ALPHABET.indexOf(version);
  };

  function secretOf(accessKeyId: string): string | undefined {
    const version = versionOf(accessKeyId);
    const master = masters.find((candidate) => candidate.version === version);
    if (!master) return undefined;
    return createHmac('sha256', master.secret)
      .update(`s3-secret${accessKeyId}`)
      .digest('base64url')
      .slice(0, SECRET_CHARS);
  }

  return {
    secretOf,

    mint(session) {
      const accessKeyId = `GWS1${ALPHABET[current.version]}${randomBase32(24)}`;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealKeys.get(current.version) as Buffer, iv);
      cipher.setAAD(Buffer.from(accessKeyId));
      const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(session), 'utf8'), cipher.final()]);
      return {
        accessKeyId,
        secretAccessKey: secretOf(accessKeyId) as string,
        sessionToken: Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url'),
      };
    },

    open(accessKeyId, sessionToken) {
      const sealKey = sealKeys.get(versionOf(accessKeyId) ?? -1);
      if (!sealKey || sessionToken.length > SESSION_TOKEN_CHARS_MAX) return undefined;
      const blob = Buffer.from(sessionToken, 'base64url');
      if (blob.length <= IV_BYTES + TAG_BYTES || blob.toString('base64url') !== sessionToken) return undefined;
      try {
        const opener = createDecipheriv('aes-256-gcm', sealKey, blob.subarray(0, IV_BYTES));
        opener.setAAD(Buffer.from(accessKeyId));
        opener.setAuthTag(blob.subarray(-TAG_BYTES));
        const text = Buffer.concat([opener.update(blob.subarray(IV_BYTES, -TAG_BYTES)), opener.final()]).toString(
          'utf8',
        );
        return JSON.parse(text) as Session; // authenticated: only we can have written it
      } catch {
        return undefined;
      }
    },
  };
};

const randomBase32 = (length: number): string =>
  Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');

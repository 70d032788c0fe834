/**
 * Session credentials without a store: the secret is derived from the key id, and what the session may do travels in
 * its token, sealed. Any process with the master key serves any session.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Grant, Right } from './principal.ts';

export interface MasterKey {
  /** 0 to 31; part of each key id, so that keys can be rotated with an overlap. */
  readonly version: number;
  /** At least 32 random bytes. */
  readonly secret: Buffer;
  /** It follows from another key, so it has no number of its own: such keys may share one. Default false. */
  readonly isDerived?: boolean;
}

/** What is sealed into a session token. */
export interface Session {
  readonly userId: string;
  readonly clientId?: string;
  readonly rights: readonly Right[];
  readonly prefix: string;
  readonly grants?: readonly Grant[];
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
/** `GWS1`, the version of the master key, its mark, 20 random characters (100 bits). */
const KEY_ID = /^GWS1([A-Z2-7])([A-Z2-7]{4})[A-Z2-7]{20}$/;

export const isSessionKeyId = (accessKeyId: string): boolean => accessKeyId.startsWith('GWS1');

const IV_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_CHARS = 40;
const SESSION_TOKEN_CHARS_MAX = 16_384;

interface Master extends MasterKey {
  readonly sealKey: Buffer;
  /** Tells keys of one version apart. */
  readonly mark: string;
}

const masterOf = (key: MasterKey): Master => {
  const { version, secret } = key;
  if (!(version >= 0 && version < ALPHABET.length)) throw new Error('the version of a master key is 0 to 31');
  if (secret.length < 32) throw new Error('a master key has at least 32 bytes');
  return {
    ...key,
    sealKey: Buffer.from(hkdfSync('sha256', secret, '', 's3-session-token', 32)),
    mark: base32(createHmac('sha256', secret).update('s3-key-mark').digest().subarray(0, 4)),
  };
};

const ofOneVersion = (masters: readonly Master[]): ReadonlyMap<number, readonly Master[]> => {
  const versions = new Map<number, Master[]>();
  for (const master of masters) {
    const others = versions.get(master.version) ?? [];
    if (others.some(({ isDerived }) => !(isDerived && master.isDerived)))
      throw new Error(`master key ${master.version} is given twice`);
    versions.set(master.version, [...others, master]);
  }
  return versions;
};

/** @param keys the first one mints, all of them verify */
export const createSessionKeys = (keys: readonly MasterKey[]): SessionKeys => {
  const masters = keys.map(masterOf);
  const [current] = masters;
  if (!current) throw new Error('session credentials need a master key');
  const versions = ofOneVersion(masters);

  const masterNamedIn = (accessKeyId: string): Master | undefined => {
    const match = KEY_ID.exec(accessKeyId);
    if (!match) return undefined;
    const [, version = '', mark] = match;
    const named = versions.get(ALPHABET.indexOf(version)) ?? [];
    return named.length === 1 ? named[0] : named.find((master) => master.mark === mark);
  };

  const secretBy = ({ secret }: Master, accessKeyId: string): string =>
    createHmac('sha256', secret).update(`s3-secret${accessKeyId}`).digest('base64url').slice(0, SECRET_CHARS);

  return {
    secretOf(accessKeyId) {
      const master = masterNamedIn(accessKeyId);
      return master && secretBy(master, accessKeyId);
    },

    mint(session) {
      const accessKeyId = `GWS1${ALPHABET[current.version]}${current.mark}${base32(randomBytes(20))}`;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.sealKey, iv);
      cipher.setAAD(Buffer.from(accessKeyId));
      const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(session), 'utf8'), cipher.final()]);
      return {
        accessKeyId,
        secretAccessKey: secretBy(current, accessKeyId),
        sessionToken: Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url'),
      };
    },

    open(accessKeyId, sessionToken) {
      const sealKey = masterNamedIn(accessKeyId)?.sealKey;
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

/** One character for each byte. */
const base32 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('');

/**
 * AWS Signature Version 4 for S3, by hand: the data path signs and verifies each request, and the maintained library
 * costs ten times as much. It stands beside this file as the oracle of the property tests.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { keptText } from '../http/kept-text.ts';
import { createHmacKey, type HmacKey, hmac } from './hmac.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The parts of a canonical request, each already in its canonical form. */
export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** `name:value\n` for each signed header, sorted by name. */
  readonly headers: string;
  /** The same names, joined by semicolons. */
  readonly signedHeaders: string;
  readonly payloadHash: string;
}

export const canonicalRequest = (parts: CanonicalParts): string =>
  `${parts.method}\n${parts.path}\n${parts.query}\n${parts.headers}\n${parts.signedHeaders}\n${parts.payloadHash}`;

/** `20261121/us-east-1/s3/aws4_request` */
export const scopeOf = (date: string, region: string, service = 's3'): string =>
  `${date}/${region}/${service}/aws4_request`;

/** Used anew by every call: hashing is synchronous. */
const scratch = Buffer.alloc(4_096);

/** Node hands header values over as Latin-1: one character per byte that was signed. */
const sha256Hex = (text: string): string => {
  if (text.length > scratch.length) return hash('sha256', Buffer.from(text, 'latin1'), 'hex');
  return hash('sha256', scratch.subarray(0, scratch.write(text, 'latin1')), 'hex');
};

/** @param amzDate `20261121T114500Z` */
export const stringToSign = (amzDate: string, scope: string, canonical: string): string =>
  `${ALGORITHM}\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;

export const hmacHex = (key: HmacKey, text: string): string => hmac(key, text, 'hex');

const next = (secret: Buffer, text: string): Buffer =>
  Buffer.from(hmac(createHmacKey(secret), text, 'binary'), 'latin1');

/** The four steps from a secret to the key of one day, region and service. */
export const deriveSigningKey = (secret: string, date: string, region: string, service = 's3'): HmacKey =>
  createHmacKey(next(next(next(next(Buffer.from(`AWS4${secret}`), date), region), service), 'aws4_request'));

/** Signing keys by credential, day and region: deriving one costs as much as signing ten requests. */
export class SigningKeys {
  readonly #keys: LRUCache<string, HmacKey>;
  /** The one that was asked for last: most processes sign with one, and tokens are checked with one. */
  #last = { id: '', date: '', region: '', key: undefined as HmacKey | undefined };

  /** @param max 10,000 users with a key each stay cached. */
  constructor(max = 10_000) {
    this.#keys = new LRUCache({ max });
  }

  /** @param id names the secret; it must not be the secret. */
  find(id: string, secret: () => string, date: string, region: string): HmacKey {
    const last = this.#last;
    if (last.key && last.id === id && last.date === date && last.region === region) return last.key;
    const key = this.#find(id, secret, date, region);
    this.#last = { id, date, region, key };
    return key;
  }

  #find(id: string, secret: () => string, date: string, region: string): HmacKey {
    const name = `${date}/${region}/${id}`;
    const known = this.#keys.get(name);
    if (known) return known;
    const key = deriveSigningKey(secret(), date, region);
    this.#keys.set(keptText(name), key);
    return key;
  }
}

// Not \s: a UTF-8 byte A0 arrives as the character U+00A0, which a regular expression would take for a space.
const OUTER_BLANKS = /^[ \t]+|[ \t]+$/g;
const INNER_BLANKS = /[ \t]{2,}|\t/g;

/** Header values are signed trimmed, with inner runs of spaces collapsed. */
export const canonicalHeaderValue = (value: string): string => {
  if (!value.includes(' ') && !value.includes('\t')) return value;
  return value.includes('  ') || value.includes('\t') || value.startsWith(' ') || value.endsWith(' ')
    ? value.replace(OUTER_BLANKS, '').replace(INNER_BLANKS, ' ')
    : value;
};

let cachedSecond = 0;
let cachedDate = '';

/** `20261121T114500Z` of a time in milliseconds; the current second is kept. */
export const amzDateOf = (now: number): string => {
  const second = Math.floor(now / 1000);
  if (second === cachedSecond) return cachedDate;
  cachedSecond = second;
  cachedDate = new Date(second * 1000).toISOString().replace(/[-:]|\.\d{3}/g, '');
  return cachedDate;
};

const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

let parsedText = '';
let parsedTime: number | undefined;

/** @returns milliseconds, or undefined for anything but `YYYYMMDDTHHMMSSZ`. */
export const parseAmzDate = (text: string): number | undefined => {
  if (text === parsedText) return parsedTime; // requests of one second share their date
  const match = AMZ_DATE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  parsedText = text;
  parsedTime = Number.isNaN(time) ? undefined : time;
  return parsedTime;
};

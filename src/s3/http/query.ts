/** The query string, kept as an ordered list: repeated names must be seen, not collapsed. */
import { decodeOnce, encodeComponent } from './uri.ts';

export type QueryPair = readonly [name: string, value: string];

/**
 * Splits and decodes a raw query string. A plus is a space here, as S3 reads it.
 * @returns undefined when a name or value can't be decoded, or there are more than `max`.
 */
export const parseQuery = (raw: string, max = Number.POSITIVE_INFINITY): QueryPair[] | undefined => {
  const pairs: QueryPair[] = [];
  if (raw === '') return pairs;
  for (const part of raw.split('&')) {
    if (part === '') continue;
    if (pairs.length === max) return undefined;
    const equals = part.indexOf('=');
    const name = decodeOnce(spaced(equals < 0 ? part : part.slice(0, equals)));
    const value = equals < 0 ? '' : decodeOnce(spaced(part.slice(equals + 1)));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs;
};

const spaced = (text: string): string => (text.includes('+') ? text.replaceAll('+', ' ') : text);

/** SigV4's canonical query: encoded, then sorted by name and value. It is also what goes out on the wire. */
export const canonicalQuery = (pairs: readonly QueryPair[]): string => {
  if (pairs.length === 0) return '';
  if (pairs.length === 1) {
    const [name, value] = pairs[0] as QueryPair;
    return `${encodeComponent(name)}=${encodeComponent(value)}`;
  }
  const encoded = pairs.map(([name, value]): QueryPair => [encodeComponent(name), encodeComponent(value)]);
  encoded.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return encoded.map(([name, value]) => `${name}=${value}`).join('&');
};

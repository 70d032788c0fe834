/** Instants as the protocols write them. */

/** Above this a number can only be milliseconds: as seconds it would lie in the year 5138. */
const MILLISECONDS_FROM = 1e11;

const toDate = (value: unknown): Date => {
  if (value instanceof Date) return value;
  if (typeof value === 'number') return new Date(value < MILLISECONDS_FROM ? value * 1000 : value);
  return new Date(String(value));
};

/** ISO 8601 or an HTTP date. Takes a Date, ISO text, seconds or milliseconds. */
export const renderTime = (value: unknown, format: string): string =>
  format === 'rfc822' ? toDate(value).toUTCString() : toDate(value).toISOString();

/** Seconds since the epoch, as JSON services write a timestamp. */
export const toSeconds = (value: unknown): number => toDate(value).getTime() / 1000;

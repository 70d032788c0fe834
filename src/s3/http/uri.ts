/**
 * Percent-encoding as S3 signs it: every byte but the unreserved ones, in upper-case hexadecimal, spaces as %20.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */

/** Nothing here needs encoding, so most paths and values pay one test only. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_OR_SLASH = /^[A-Za-z0-9\-._~/]*$/;

/** encodeURIComponent keeps these five, SigV4 does not. */
const KEPT_BY_PLATFORM = /[!'()*]/g;

const hexOf = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

/** One query name, query value or path segment. */
export const encodeComponent = (text: string): string =>
  UNRESERVED.test(text) ? text : encodeURIComponent(text).replace(KEPT_BY_PLATFORM, hexOf);

/** An object key or a whole path: slashes separate and stay. */
export const encodePath = (text: string): string =>
  UNRESERVED_OR_SLASH.test(text)
    ? text
    : encodeURIComponent(text).replace(KEPT_BY_PLATFORM, hexOf).replaceAll('%2F', '/');

/**
 * Decodes percent triplets once; a plus stays a plus.
 * @returns undefined for broken triplets, for bytes that are not UTF-8, and for NUL.
 */
export const decodeOnce = (text: string): string | undefined => {
  if (UNRESERVED_OR_SLASH.test(text)) return text;
  try {
    const decoded = decodeURIComponent(text);
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
};

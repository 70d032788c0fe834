/**
 * Objects are whatever their owners made them, and may stand on the origin of a commons whose cookies a browser holds.
 * So no answer of this endpoint is ever a page of that origin: it runs no script, sends no form, reads no cookie, and its
 * type is not guessed.
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/sandbox
 */

/** Flat. On every answer; neither the upstream nor what is stored with an object has a say in them. */
export const UNTRUSTED_CONTENT_HEADERS = [
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  'sandbox',
] as const;

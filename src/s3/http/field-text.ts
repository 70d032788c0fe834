/**
 * What may stand in the head of an HTTP message, by byte class. Names and values are asked here where they come in and,
 * by other code, again where they go out: a head is written as Latin-1, which would cut a character above U+00FF to
 * its low eight bits, and U+4E0D U+4E0A to a line break.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5
 */
import { byName } from './by-name.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$/;

/** A header name, or a method. */
export const isToken = byName((text) => TOKEN.test(text));

/** Visible characters, blanks between them, and bytes above 0x7F, one character each; no blank at either end. */
export const isFieldValue = (text: string): boolean =>
  FIELD_VALUE.test(text) && !isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(text.length - 1));

/** A path with its query, in the characters of a URI; no fragment. */
export const isRequestTarget = (text: string): boolean => TARGET.test(text);

/** Blanks around a value are no part of it. */
export const trimBlanks = (text: string, from = 0): string => {
  let start = from;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
};

const isBlank = (code: number): boolean => code === 32 || code === 9;

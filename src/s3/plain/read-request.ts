/**
 * Reads a request that is all there, in the plainest form that HTTP/1.1 has: what small requests of S3's clients look
 * like. Whatever is said in any other way, or not whole yet, or followed by more, is not read here: it is for Node's
 * parser to read or to refuse. So nothing here has to be lenient, and what is accepted means the same to any reader.
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */

import { byName } from '../http/by-name.ts';
import { isToken } from '../http/field-text.ts';

export interface PlainRequestText {
  readonly method: string;
  readonly target: string;
  /** Flat list of names and values. */
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

export const HEAD_END = Buffer.from('\r\n\r\n');
/** Visible ASCII with blanks in lines that end as they have to; no line is empty, and none begins with a blank. */
const LINES = /^[\x21-\x7e][\x20-\x7e]*(?:\r\n[\x21-\x7e][\x20-\x7e]*)+$/;
const REQUEST_LINE = /^(GET|HEAD|PUT|POST|DELETE) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** Up to what is read at a time. */
const LENGTH = /^(?:0|[1-9]\d{0,4})$/;
const HEADERS_MAX = 64;
const BLANK = 0x20;

/** Headers that say something about the connection, or how long the body is, in another way. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const NO_BODY = Buffer.alloc(0);

/** @returns undefined for anything but exactly one plain request */
export const readPlainRequest = (bytes: Buffer): PlainRequestText | undefined => {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  if (!LINES.test(head)) return undefined;
  const lines = head.split('\r\n');
  const start = REQUEST_LINE.exec(lines[0] as string);
  if (!start || lines.length > HEADERS_MAX) return undefined;
  const rawHeaders: string[] = [];
  let hosts = 0;
  let length: number | undefined;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(': ');
    if (colon < 1) return undefined;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (!isToken(name) || !hasPlainEnds(value)) return undefined;
    rawHeaders.push(name, value);
    switch (kindOf(name)) {
      case 'not plain':
        return undefined;
      case 'connection':
        if (value !== 'keep-alive') return undefined;
        break;
      case 'host':
        hosts++;
        break;
      case 'length':
        if (length !== undefined || !LENGTH.test(value)) return undefined;
        length = Number(value);
    }
  }
  const bodyStart = end + HEAD_END.length;
  if (hosts !== 1 || bytes.length - bodyStart !== (length ?? 0)) return undefined;
  return {
    method: start[1] as string,
    target: start[2] as string,
    rawHeaders,
    body: length ? bytes.subarray(bodyStart) : NO_BODY,
  };
};

/** Something is there, without blanks around it. */
const hasPlainEnds = (value: string): boolean =>
  value.length > 0 && value.charCodeAt(0) !== BLANK && value.charCodeAt(value.length - 1) !== BLANK;

type Kind = 'host' | 'length' | 'connection' | 'not plain' | 'other';

const KINDS: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
  host: 'host',
  'content-length': 'length',
  connection: 'connection',
};

const kindOf = byName((name): Kind => {
  const lower = name.toLowerCase();
  return KINDS[lower] ?? (NOT_PLAIN.has(lower) ? 'not plain' : 'other');
});

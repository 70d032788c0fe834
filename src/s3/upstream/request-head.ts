/**
 * The head of a request to the upstream, checked as a whole before a byte of it leaves. Many users' requests share a
 * connection, so a head that could be read in another way than it was meant would be another user's request or answer.
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
import { isFieldValue, isRequestTarget, isToken } from '../http/field-text.ts';
import type { UpstreamRequest } from './upstream.ts';

declare const checked: unique symbol;
export type HeaderName = string & { readonly [checked]: 'name' };
export type HeaderValue = string & { readonly [checked]: 'value' };
export type RequestTarget = string & { readonly [checked]: 'target' };

/** A head that was checked; `renderHead` alone makes one. */
export type RenderedHead = string & { readonly [checked]: 'head' };

/** The request can't be written so that it means one thing only. A bug of ours: whoever let it come so far should not have. */
export class UnsendableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnsendableError';
  }
}

const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

/** What decides where a request ends and what its connection does: written from the announced length and nothing else. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @throws UnsendableError for what is no token in lower case, or no header that a caller may set */
const headerName = (text: string): HeaderName => {
  if (!isToken(text) || text !== text.toLowerCase()) throw new UnsendableError('a header name is not a token');
  if (RESERVED.has(text)) throw new UnsendableError(`the header ${text} is not the caller's to set`);
  return text as HeaderName;
};

/** @throws UnsendableError for anything but text of single bytes without control characters */
const headerValue = (text: string): HeaderValue => {
  if (!isFieldValue(text)) throw new UnsendableError('a header value holds what can not stand in one');
  return text as HeaderValue;
};

/** @throws UnsendableError for anything but a path with its query in a URI's characters */
const requestTarget = (text: string): RequestTarget => {
  if (!isRequestTarget(text)) throw new UnsendableError('the request target is malformed');
  return text as RequestTarget;
};

/** @throws UnsendableError when any part of the request could be read in two ways */
export const renderHead = ({ method, path, headers, contentLength, body }: UpstreamRequest): RenderedHead => {
  if (!METHODS.has(method)) throw new UnsendableError('the method is not known');
  if (headers[0] !== 'host' || !headers[1]) throw new UnsendableError('the first header is not the host');
  let head = `${method} ${requestTarget(path)} HTTP/1.1\r\nhost: ${headerValue(headers[1])}\r\n`;
  for (let i = 2; i < headers.length; i += 2) {
    head += `${headerName(headers[i] as string)}: ${headerValue(headers[i + 1] as string)}\r\n`;
  }
  if (contentLength === undefined) {
    if (body !== undefined && body.length > 0) throw new UnsendableError('a body needs a length');
    return `${head}\r\n` as RenderedHead;
  }
  if (!Number.isSafeInteger(contentLength) || contentLength < 0)
    throw new UnsendableError('the length is not a number');
  if (body !== undefined && body.length !== contentLength) throw new UnsendableError('the body has another length');
  return `${head}content-length: ${contentLength}\r\n\r\n` as RenderedHead;
};

/** The S3 endpoint on Node's raw requests: made once, mounted under a path or on a listener of its own. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createCore } from './core.ts';
import { renderError } from './errors.ts';
import { Exchange } from './exchange.ts';
import type { ClientRequest, ClientResponse } from './http/client.ts';
import { answerEarly, hasUnreadBody, isEnding } from './http/early-answer.ts';
import { UNTRUSTED_CONTENT_HEADERS } from './http/untrusted-content.ts';
import { createIdentities } from './identity/identities.ts';
import type { S3Options } from './options.ts';
import { perform } from './perform.ts';
import type { UpstreamStats } from './upstream/upstream.ts';

export interface S3Handler {
  /** For `request`. @param prefix under which S3 lives, `/s3`; empty on a listener of its own. */
  handle(req: ClientRequest, res: ClientResponse, prefix: string): void;
  /** For `checkContinue`: the body is asked for only after the request was authorised. */
  handleContinue(req: IncomingMessage, res: ServerResponse, prefix: string): void;
  /** For `checkExpectation`: any expectation but 100-continue. */
  handleExpectation(req: IncomingMessage, res: ServerResponse): void;
  /** `buffered`: bytes of bodies for which memory is reserved. */
  stats(): { readonly active: number; readonly upstream: UpstreamStats; readonly buffered: number };
  /** Resolves when nothing is under way any more, or after so many milliseconds. */
  drain(withinMs: number): Promise<void>;
  /** Closes the upstream's connections. */
  close(): Promise<void>;
}

/** Is this raw request target below the prefix? `/s3x` and `/S3` are not below `/s3`. */
export const isBelow = (target: string | undefined, prefix: string): boolean => {
  if (target === undefined || !target.startsWith(prefix)) return false;
  const next = target.charCodeAt(prefix.length);
  return Number.isNaN(next) || next === 0x2f || next === 0x3f;
};

/** @param identities shared with the doors that mint sessions, so that a token is checked once. */
export const createS3Handler = (options: S3Options, identities = createIdentities(options)): S3Handler => {
  const core = createCore(options, identities);
  const start = (req: ClientRequest, res: ClientResponse, prefix: string, expectsContinue: boolean): void => {
    if (!isEnding(req)) new Exchange({ core, req, res, prefix, expectsContinue, perform }).start();
  };

  return {
    handle: (req, res, prefix) => start(req, res, prefix, false),
    handleContinue(req, res, prefix) {
      const hasBody = hasUnreadBody(req);
      // Node closes behind an answer without it, and the requests that have come by then would be carried out unanswered.
      if (!hasBody) res.writeContinue();
      start(req, res, prefix, hasBody);
    },
    handleExpectation: (req, res) => isEnding(req) || refuseExpectation(req, res, core.nextRequestId()),
    stats: () => ({ active: core.watchdog.size, upstream: core.upstream.stats(), buffered: core.buffers.reserved }),
    drain: (withinMs) => core.watchdog.drained(withinMs),
    async close() {
      core.watchdog.close();
      await core.upstream.close();
    },
  };
};

function refuseExpectation(req: IncomingMessage, res: ServerResponse, requestId: string): void {
  const message = 'The only expectation that is met here is 100-continue.';
  const text = renderError({ code: 'ExpectationFailed', message, resource: '/', requestId });
  const head = [
    ...['x-amz-request-id', requestId, ...UNTRUSTED_CONTENT_HEADERS],
    ...['content-type', 'application/xml', 'content-length', String(Buffer.byteLength(text))],
  ];
  answerEarly({ req, res, status: 417, head, text, awaitsContinue: true });
}

const UNTRUSTED_CONTENT_LINES = UNTRUSTED_CONTENT_HEADERS.map((text, i) => text + (i % 2 === 0 ? ': ' : '\r\n')).join(
  '',
);

/** For `clientError`: what Node's parser refused, told as S3 tells it. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  // An answer that is under way must not be followed by a second one.
  const isAnswering = (socket as { _httpMessage?: unknown })._httpMessage != null;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (isAnswering) {
    // Behind the last request of a connection: nothing of it is read, and the answer under way is not to be lost by it.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    (socket as Socket).destroySoon();
    return;
  }
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const body = renderError({
    code: isTooLarge
      ? 'RequestHeaderSectionTooLarge'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'RequestTimeout'
        : 'InvalidRequest',
    message: isTooLarge
      ? 'Your request header section exceeds the maximum allowed size.'
      : 'The request is not valid HTTP.',
    resource: '/',
    requestId,
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nx-amz-request-id: ${requestId}\r\n${UNTRUSTED_CONTENT_LINES}content-type: application/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};

/**
 * Bodies of everything but S3 are small and come at once. A client that drips one would keep a connection, and a handler
 * that waits for it, for as long as it liked: the server has no deadline of its own, since uploads to S3 take hours.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { hasUnreadBody } from '#s3/http/early-answer.ts';

export interface BodyDeadlines {
  /** Until the whole body has come. Default 30 s. */
  readonly bodyMs?: number;
  /** After the answer, for a body that nobody reads: a client that still sends could miss the answer. Default 2 s. */
  readonly lingerMs?: number;
}

export const withBodyDeadline =
  (listener: RequestListener, { bodyMs = 30_000, lingerMs = 2_000 }: BodyDeadlines = {}): RequestListener =>
  (req, res) => {
    if (hasUnreadBody(req)) {
      const deadline = setTimeout(() => !req.complete && refuse(req, res), bodyMs);
      let linger: NodeJS.Timeout | undefined;
      res.once('finish', () => {
        if (!req.complete) linger = setTimeout(() => !req.complete && req.socket.destroy(), lingerMs);
      });
      req.once('close', () => {
        clearTimeout(deadline);
        clearTimeout(linger);
      });
    }
    listener(req, res);
  };

const PROBLEM = JSON.stringify({
  type: 'urn:eyrie:problem:Invalid',
  title: 'Invalid request',
  status: 408,
  detail: 'the body did not arrive in time',
  code: 'Invalid',
});

/** Whoever waits for the body learns that it is cut off. */
const refuse = (req: IncomingMessage, res: ServerResponse): void => {
  if (res.headersSent) {
    req.socket.destroy();
    return;
  }
  const { socket } = req;
  socket.end(
    `HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(PROBLEM)}\r\n\r\n${PROBLEM}`,
    () => socket.destroy(),
  );
};

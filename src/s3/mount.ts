/** Puts the S3 endpoint on an HTTP server, beside another application or alone. */
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { answerClientError, isBelow, type S3Handler } from './handler.ts';
import { BoundedMessage } from './http/bounded-message.ts';
import { openPlainDoor } from './plain/plain-door.ts';

/**
 * Options an HTTP server needs to carry S3: tokens make long headers, uploads of 5 GiB take longer than any request
 * timeout, and load balancers keep connections for a minute.
 */
export const S3_SERVER_OPTIONS = {
  maxHeaderSize: 64 * 1024,
  requestTimeout: 0,
  headersTimeout: 60_000,
  keepAliveTimeout: 75_000,
  noDelay: true,
  insecureHTTPParser: false,
  requireHostHeader: false, // S3 refuses it in its own words; Hono does so for the rest
  highWaterMark: 64 * 1024,
  optimizeEmptyRequests: true, // a request without a body needs no stream of it
  IncomingMessage: BoundedMessage,
} as const satisfies ServerOptions;

/**
 * Sends what is below the prefix to S3 and the rest to the application.
 * @param prefix `/s3`, or empty for a listener that is all S3.
 * @param application answers everything else; without it, everything is S3's.
 */
export const mountS3 = (server: Server, s3: S3Handler, prefix: string, application?: RequestListener): void => {
  const isOurs = (req: IncomingMessage): boolean => !application || isBelow(req.url, prefix) || isAbsolute(req, prefix);
  if (!('setSecureContext' in server))
    openPlainDoor(server, { isOurs: (target) => !application || isBelow(target, prefix) });

  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (isOurs(req)) s3.handle(req, res, prefix);
    else application?.(req, res);
  });
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    if (isOurs(req)) s3.handleContinue(req, res, prefix);
    else {
      res.writeContinue();
      application?.(req, res);
    }
  });
  server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
    // An empty header expects nothing.
    if (req.headers.expect === '') server.emit('request', req, res);
    else if (isOurs(req)) s3.handleExpectation(req, res);
    else res.writeHead(417, { connection: 'close' }).end();
  });
  server.on('clientError', answerClientError);
};

/** `GET http://host/s3/…`: refused by S3 rather than understood by whatever parses URLs behind it. */
const isAbsolute = (req: IncomingMessage, prefix: string): boolean =>
  /^https?:\/\//i.test(req.url ?? '') && isBelow((req.url ?? '').replace(/^https?:\/\/[^/?#]*/i, ''), prefix);

/**
 * What stands before a Temporal server in production: TLS with a certificate of its own, a client's certificate that it
 * may ask for, and API keys that it looks at. Behind it is the development server, which has none of these.
 */
import { once } from 'node:events';
import {
  connect,
  constants,
  createSecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface TemporalProxy {
  /** 127.0.0.1:port */
  readonly address: string;
  /** Of every call that came. */
  readonly headers: readonly IncomingHttpHeaders[];
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** host:port of the server behind it. */
  readonly to: string;
  readonly cert: string;
  readonly key: string;
  /** CA of the clients' certificates: who has none is turned away. */
  readonly clientCa?: string;
  /** The only key that it lets in. */
  readonly apiKey?: string;
  /** The only namespace that it has: calls are led to it by their header, as Temporal Cloud does. */
  readonly namespace?: string;
}

const UNAUTHENTICATED = '16';
const PERMISSION_DENIED = '7';

/** Ends a call as a gRPC server does. */
const refuse = (stream: ServerHttp2Stream, status: string, message: string): void =>
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message },
    { endStream: true },
  );

export const startProxy = async (options: ProxyOptions): Promise<TemporalProxy> => {
  const { to, cert, key, clientCa, apiKey, namespace } = options;
  const headers: IncomingHttpHeaders[] = [];
  const sessions = new Set<Http2Session>();
  const upstream = connect(`http://${to}`);
  const server = createSecureServer({
    cert,
    key,
    ...(clientCa && { requestCert: true, rejectUnauthorized: true, ca: clientCa }),
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, given) => {
    headers.push(given);
    if (apiKey !== undefined && given.authorization !== `Bearer ${apiKey}`) {
      return refuse(stream, UNAUTHENTICATED, 'Request unauthorized.');
    }
    if (namespace !== undefined && given['temporal-namespace'] !== namespace) {
      return refuse(stream, PERMISSION_DENIED, `Namespace not found: ${given[':path']}`);
    }
    const call = upstream.request(given);
    stream.pipe(call);
    stream.once('error', () => call.close());
    stream.once('close', () => call.close());
    call.once('error', () => stream.close());
    call.once('response', (answer, flags) => {
      // An error often comes without a body, and says all at once.
      if (flags & constants.NGHTTP2_FLAG_END_STREAM) return stream.respond(answer, { endStream: true });
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      stream.respond(answer, { waitForTrailers: true });
      call.pipe(stream);
    });
    let trailers: IncomingHttpHeaders = {};
    call.once('trailers', (given) => {
      trailers = given;
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers,
    async stop() {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** The HTTP server: raw handlers first, then Hono. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { App } from './deps.ts';

/** A part of the API that works on Node's own request, such as `/s3`. */
export interface RawHandler {
  matches(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export const createListener = (
  app: App,
  raw: readonly RawHandler[],
  tls: { readonly cert: string; readonly key: string } | undefined,
): Server => {
  const json = getRequestListener(app.fetch);
  const listener: RequestListener = (request, response) => {
    const handler = raw.find((one) => one.matches(request));
    if (handler) handler.handle(request, response);
    else void json(request, response);
  };
  return tls ? createTlsServer(tls, listener) : createServer(listener);
};

/** Its URL. @throws Error where the port is taken. */
export const listen = (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      const { address, port: actual, family } = server.address() as AddressInfo;
      const scheme = 'setSecureContext' in server ? 'https' : 'http';
      resolve(`${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
    });
  });

/** Open requests may end, then (or after `withinMs`) the connections are cut. */
export const stopServer = (server: Server, withinMs: number): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });

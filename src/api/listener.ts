/** The HTTP server below the JSON API and the data plane. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { tellRequests } from '#observability/stray-errors.ts';
import type { App } from './deps.ts';

/** What answers on Node's own request and response. */
export const jsonListener = (app: App): RequestListener => {
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
};

/** Nothing answers on it yet: the root says what does. */
export const createBareServer = (
  tls: { readonly cert: string; readonly key: string } | undefined,
  options: ServerOptions = {},
): Server => tellRequests(tls ? createTlsServer({ ...options, ...tls }) : createServer(options));

export interface Address {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where another process has the port: fail, or take any free one. Default: fail. */
  readonly portTaken?: 'refuse' | 'any';
}

/** Its URL. @throws Error where the port is taken. */
export const listen = async (server: Server, { host, port, portTaken }: Address): Promise<string> => {
  try {
    return await listenAt(server, host, port);
  } catch (error) {
    if (portTaken !== 'any' || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return await listenAt(server, host, 0);
  }
};

const listenAt = (server: Server, host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      const { address, port: actual, family } = server.address() as AddressInfo;
      const scheme = 'setSecureContext' in server ? 'https' : 'http';
      resolve(`${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
    });
  });

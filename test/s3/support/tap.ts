/** A relay of bytes in front of an upstream: shows what the proxy sent, without changing any of it. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Tap {
  readonly endpoint: string;
  /** Everything that was sent upstream, as Latin-1. */
  text(): string;
  /** Request lines in the order in which they were sent. */
  requests(): string[];
  /** Forgets what was seen. */
  clear(): void;
  /** Connections that are open now. */
  readonly open: number;
  stop(): Promise<void>;
}

const REQUEST_LINE = /^(?:GET|HEAD|PUT|POST|DELETE) \S+ HTTP\/1\.1\r$/gm;

export const startTap = async (endpoint: string): Promise<Tap> => {
  const { hostname, port } = new URL(endpoint);
  let seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    client.on('data', (chunk: Buffer) => seen.push(chunk));
    client.pipe(upstream).pipe(client);
    // A reset has to stay a reset: it tells a broken upload from a complete one.
    client.on('close', (hadError) => (hadError ? upstream.resetAndDestroy() : upstream.destroy()));
    upstream.on('close', (hadError) => (hadError ? client.resetAndDestroy() : client.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => Buffer.concat(seen).toString('latin1'),
    requests: () => (Buffer.concat(seen).toString('latin1').match(REQUEST_LINE) ?? []).map((line) => line.trim()),
    clear: () => {
      seen = [];
    },
    get open() {
      return sockets.size / 2;
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

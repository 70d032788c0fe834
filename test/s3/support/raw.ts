/** Bytes to a port and back, for requests that no HTTP client would send. */
import { connect, type Socket } from 'node:net';

/** Sends the text (Latin-1) and resolves with everything that came until the connection closed. */
export const rawExchange = (port: number, text: string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  });

/** An open connection to write to step by step. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  /** What has come so far. */
  text(): string;
  /** Resolves once the text so far matches. */
  until(pattern: RegExp): Promise<string>;
  readonly closed: Promise<void>;
}

export const rawConnection = async (port: number): Promise<RawConnection> => {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    look();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  void closed.then(look);
  await new Promise((resolve) => socket.once('connect', resolve));
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  return {
    socket,
    write: (data) => void socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data),
    text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (pattern.test(text())) {
            waiting.delete(check);
            resolve(text());
          } else if (socket.destroyed) {
            waiting.delete(check);
            reject(new Error(`closed before ${pattern}: ${text().slice(0, 500)}`));
          }
        };
        waiting.add(check);
        check();
      }),
    closed,
  };
};

/** The head of a request from what a signer made. */
export const renderHead = (
  call: { method: string; target: string; headers: Record<string, string> },
  ...extra: string[]
): string =>
  `${call.method} ${call.target} HTTP/1.1\r\n${[...Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`), ...extra].join('\r\n')}\r\n\r\n`;

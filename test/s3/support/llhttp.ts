/** Node's HTTP parser, llhttp, as a second opinion on bytes: which requests does it read from them? */
import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';

export interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  /** Flat, names in lower case, values as Latin-1. */
  readonly headers: string[];
  readonly body: Buffer;
}

export interface Parsed {
  readonly requests: ParsedRequest[];
  /** What it could not read. */
  readonly errors: string[];
}

/**
 * Everything that was read when the bytes were over.
 * @param requireHostHeader false: a request without one is read, too, as the endpoint reads it to refuse it. Default: true
 */
export const parseWithLlhttp = async (bytes: Buffer, { requireHostHeader = true } = {}): Promise<Parsed> => {
  const parsed: Parsed = { requests: [], errors: [] };
  const server = createServer({ maxHeaderSize: 1024 * 1024, requireHostHeader }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', (error: NodeJS.ErrnoException) => parsed.errors.push(error.code ?? error.message));
    req.on('end', () => {
      parsed.requests.push({
        method: req.method ?? '',
        target: req.url ?? '',
        headers: req.rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)),
        body: Buffer.concat(chunks),
      });
      res.end();
    });
  });
  const [client, socket] = duplexPair();
  server.on('clientError', (error: NodeJS.ErrnoException) => {
    parsed.errors.push(error.code ?? error.message);
    setImmediate(() => socket.destroy()); // what was read before is still on its way to the listeners
  });
  server.on('upgrade', () => parsed.errors.push('upgraded'));
  server.on('connect', () => parsed.errors.push('tunnelled'));
  const over = new Promise<void>((resolve) => {
    client.on('end', resolve);
    client.on('close', resolve);
    client.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  server.emit('connection', socket);
  client.resume();
  client.end(bytes);
  await over;
  socket.destroy();
  client.destroy();
  return parsed;
};

/**
 * An upstream that costs next to nothing: answers a GET from memory, throws an upload away, and knows nothing else.
 * `node upstream.ts` prints its port; TLS_CERT and TLS_KEY make it https. The object's size stands in its key.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const BLOCK = Buffer.alloc(1024 * 1024, 'x');
const UPLOADED = Buffer.from('HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n');

const serve = (socket: Socket): void => {
  let head = '';
  let bodyLeft = 0;
  let isSending = false;
  socket.on('error', () => {});
  socket.setNoDelay(true);

  const sendObject = (size: number): void => {
    const lines = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${size}\r\nETag: "0123456789abcdef0123456789abcdef"\r\nLast-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\nx-amz-request-id: 0123456789ABCDEF\r\nx-amz-id-2: host\r\nServer: bench\r\n\r\n`;
    if (size <= 65_536) {
      socket.write(Buffer.concat([Buffer.from(lines), BLOCK.subarray(0, size)]));
      return;
    }
    let left = size;
    isSending = true;
    socket.write(lines);
    const more = (): void => {
      while (left > 0) {
        const piece = BLOCK.subarray(0, Math.min(left, BLOCK.length));
        left -= piece.length;
        if (!socket.write(piece)) {
          socket.once('drain', more);
          return;
        }
      }
      isSending = false;
    };
    more();
  };

  const answer = (text: string): void => {
    const [method] = text.split(' ', 1);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (method === 'GET')
      sendObject(Number(/(\d+)[ ?]/.exec(text.slice(text.lastIndexOf('/', text.indexOf(' HTTP'))))?.[1] ?? 0));
    else bodyLeft = length;
    if (method !== 'GET' && length === 0) socket.write(UPLOADED);
  };

  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
        if (bodyLeft === 0) socket.write(UPLOADED);
        continue;
      }
      const end = chunk.indexOf('\r\n\r\n', at);
      if (end < 0 || isSending) {
        head += chunk.toString('latin1', at);
        return;
      }
      const text = head + chunk.toString('latin1', at, end + 4);
      head = '';
      at = end + 4;
      answer(text);
    }
  });
};

const { TLS_CERT, TLS_KEY } = process.env;
const server =
  TLS_CERT && TLS_KEY
    ? createTlsServer({ cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) }, serve)
    : createServer(serve);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port, pid: process.pid })}\n`);
});

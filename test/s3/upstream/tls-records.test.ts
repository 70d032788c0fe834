/**
 * TLS hands over all records that it has deciphered, each with its own call, also after the first one was not wanted yet: an
 * answer in many small records arrives whole at a receiver that makes it wait at every piece.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../../../src/cli/dev/certificate.ts';
import { Connection } from '../../../src/s3/upstream/lean/connection.ts';
import type { RenderedHead } from '../../../src/s3/upstream/request-head.ts';

const folder = mkdtempSync(join(tmpdir(), 's3-tls-records-'));
const PIECES = Array.from({ length: 2_000 }, (_, nth) => `${nth}:${'x'.repeat((nth * 37) % 300)};`);

let server: Server;
let ca = '';
let answer: (socket: TLSSocket) => void = () => {};

beforeAll(async () => {
  const certificate = makeCertificate(folder);
  ca = readFileSync(certificate.ca, 'utf8');
  const tls = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
  server = createServer(tls, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Each of them a record. */
const inRecords = async (socket: TLSSocket, texts: readonly string[]): Promise<void> => {
  for (const text of texts) await new Promise<void>((resolve) => socket.write(text, () => resolve()));
};

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

const ANSWERS: Readonly<Record<string, (socket: TLSSocket) => Promise<void>>> = {
  'in chunks': (socket) =>
    inRecords(socket, ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', ...PIECES.map(chunk), '0\r\n\r\n']),
  'in chunks, two in a record': (socket) => {
    const halves = PIECES.flatMap((piece) => [piece.slice(0, piece.length / 2), piece.slice(piece.length / 2)]);
    const texts = PIECES.map((_, nth) => chunk(halves[2 * nth] as string) + chunk(halves[2 * nth + 1] as string));
    return inRecords(socket, ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', ...texts, '0\r\n\r\n']);
  },
  'of a known length': (socket) =>
    inRecords(socket, [`HTTP/1.1 200 OK\r\ncontent-length: ${PIECES.join('').length}\r\n\r\n`, ...PIECES]),
  'that ends with the connection': async (socket) => {
    await inRecords(socket, ['HTTP/1.1 200 OK\r\n\r\n', ...PIECES]);
    socket.end();
  },
  'in chunks, and then the connection ends': async (socket) => {
    const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n';
    await inRecords(socket, [head, ...PIECES.map(chunk), '0\r\n\r\n']);
    socket.end();
  },
};

test.each(Object.keys(ANSWERS))('an answer %s', async (kind) => {
  answer = (socket) => void ANSWERS[kind]?.(socket);
  const target = {
    ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port, isTls: true, ca },
    ...{ connectTimeoutMs: 10_000, headersTimeoutMs: 10_000, now: () => performance.now() },
  };
  const connection = new Connection(target, { onIdle: () => {}, onClosed: () => {} });
  const got = await new Promise<string>((resolve, reject) => {
    let text = '';
    const receiver = {
      onHead: () => {},
      onData(piece: Buffer) {
        const before = piece.toString('latin1');
        // On loan until it is asked for more.
        setImmediate(() => {
          if (piece.toString('latin1') !== before) reject(new Error('what was on loan was overwritten'));
          text += before;
          connection.resume();
        });
        return false;
      },
      onEnd: () => resolve(text),
      onError: reject,
      onDrain: () => {},
    };
    const head = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n' as unknown as RenderedHead;
    connection.send({ method: 'GET' } as never, head, receiver);
  });
  connection.destroy();
  expect(got).toBe(PIECES.join(''));
});

/**
 * A load generator that does little: the same bytes over and over on each connection, answers counted, not looked at.
 * `node load.ts '{"port": 1, "head": "…", "bodyBytes": 0, "answerBytes": 1024, "connections": 32, "requests": 1000}'` prints
 * `{seconds, p50Ms, p99Ms}`.
 */
import { connect } from 'node:net';

interface Load {
  readonly port: number;
  /** Head of the request, ready to be sent. */
  readonly head: string;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly requests: number;
}

const load = JSON.parse(process.argv[2] ?? '{}') as Load;
const BLOCK = Buffer.alloc(256 * 1024, 'x');
const request =
  load.bodyBytes <= BLOCK.length
    ? Buffer.concat([Buffer.from(load.head, 'latin1'), BLOCK.subarray(0, load.bodyBytes)])
    : Buffer.from(load.head, 'latin1');
const latencies = new Float64Array(load.requests);
let sent = 0;
let done = 0;

const run = (): Promise<void> =>
  new Promise((resolve, reject) => {
    let startedAt = 0;
    let left = -1;
    let text = '';
    const memory = Buffer.allocUnsafe(256 * 1024);
    const onread = {
      buffer: memory,
      callback: (length: number, bytes: Uint8Array): boolean => {
        let at = 0;
        while (at < length) {
          if (left >= 0) {
            const taken = Math.min(left, length - at);
            left -= taken;
            at += taken;
          } else {
            const end = Buffer.from(bytes.buffer, bytes.byteOffset, length).indexOf('\r\n\r\n', at);
            text += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1', at, end < 0 ? length : end);
            if (end < 0) return true;
            if (!text.startsWith('HTTP/1.1 200')) {
              reject(new Error(text));
              return false;
            }
            left = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
            text = '';
            at = end + 4;
          }
          if (left === 0) {
            left = -1;
            latencies[done++] = performance.now() - startedAt;
            next();
          }
        }
        return true;
      },
    };
    const socket = connect({ port: load.port, host: '127.0.0.1', onread: onread as never }, () => next());
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    const next = (): void => {
      if (sent >= load.requests) return void socket.end();
      sent++;
      startedAt = performance.now();
      socket.write(request);
      if (load.bodyBytes > BLOCK.length) upload(load.bodyBytes);
    };
    const upload = (bytes: number): void => {
      let todo = bytes;
      while (todo > 0) {
        const piece = BLOCK.subarray(0, Math.min(todo, BLOCK.length));
        todo -= piece.length;
        if (!socket.write(piece)) {
          socket.once('drain', () => todo > 0 && upload(todo));
          return;
        }
      }
    };
  });

const startedAt = performance.now();
await Promise.all(Array.from({ length: load.connections }, run));
const seconds = (performance.now() - startedAt) / 1000;
const sorted = latencies.subarray(0, done).sort();
const at = (share: number): number => sorted[Math.min(Math.floor(done * share), done - 1)] ?? 0;
process.stdout.write(`${JSON.stringify({ seconds, done, p50Ms: at(0.5), p99Ms: at(0.99) })}\n`);

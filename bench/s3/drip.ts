/**
 * Uploads that hardly move: each connection announces 1 MiB and sends `bytesPerSecond` of it in pieces.
 * `node drip.ts '{"port": 1, "head": "…", "connections": 128, "bytesPerSecond": 120}'` prints a line when all have begun and
 * goes on until it is stopped; a connection that is closed is opened again after a second.
 */
import { connect } from 'node:net';

interface Drip {
  readonly port: number;
  readonly head: string;
  readonly connections: number;
  readonly bytesPerSecond: number;
}

const drip = JSON.parse(process.argv[2] ?? '{}') as Drip;
const PIECES_PER_SECOND = 4;
const piece = Buffer.alloc(Math.ceil(drip.bytesPerSecond / PIECES_PER_SECOND), 'x');

const run = (): Promise<void> =>
  new Promise((begun) => {
    const socket = connect(drip.port, '127.0.0.1', () => {
      socket.write(drip.head);
      begun();
    });
    const timer = setInterval(() => socket.write(piece), 1000 / PIECES_PER_SECOND);
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      begun();
      setTimeout(run, 1000);
    });
  });

await Promise.all(Array.from({ length: drip.connections }, run));
process.stdout.write(`${JSON.stringify({ begun: drip.connections })}\n`);
process.once('SIGTERM', () => process.exit(0));

/**
 * A name server: `node dns.ts TABLE`, JSON of names to IPv4 addresses, on 127.0.0.1:53 of its network namespace. What it
 * does not know has no address.
 * @see https://www.rfc-editor.org/rfc/rfc1035#section-4
 */
import { createSocket } from 'node:dgram';

const table = JSON.parse(process.argv[2] ?? '{}') as Record<string, string[]>;

const A = 1;
const HEADER_BYTES = 12;

const readQuestion = (message: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
};

/** The name is that of the question; for a second only, so that no answer is remembered. */
const record = (address: string): Buffer =>
  Buffer.concat([Buffer.from([0xc0, 0x0c, 0, A, 0, 1, 0, 0, 0, 1, 0, 4]), Buffer.from(address.split('.').map(Number))]);

const answer = (message: Buffer): Buffer => {
  const { name, type, end } = readQuestion(message);
  const addresses = type === A ? (table[name] ?? []) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...addresses.map(record)]);
};

const socket = createSocket('udp4');
socket.on('message', (message, { port, address }) => socket.send(answer(message), port, address));
socket.bind(53, '127.0.0.1', () => process.stdout.write('ready\n'));

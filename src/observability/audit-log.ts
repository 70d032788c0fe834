/**
 * The audit lines of the S3 endpoint, one JSON object each, like the other log lines. A line is of a closed form, so the
 * search for secrets that the logger makes in whatever it is given, at a tenth of a millisecond a line, is not needed;
 * and lines are written several at a time.
 */
import { fstatSync } from 'node:fs';
import { pino } from 'pino';
import type { AuditLine, AuditLog } from '#s3/audit.ts';

/** With the line that is over it, still less than what a pipe takes from several processes unmixed (4,096 bytes). */
const PIPE_CHARS = 3_000;
/** What is appended to a file is never mixed. */
const FILE_CHARS = 32_000;
/** A line waits no longer, in milliseconds. */
const FLUSH_EVERY_MS = 250;

export interface AuditLogOptions {
  /** Name of the service. */
  readonly name: string;
  /** A file descriptor or a path. Default: standard error. */
  readonly dest?: number | string;
}

/** What is still held back is written when the process exits. */
export const createAuditLog = ({ name, dest = 2 }: AuditLogOptions): AuditLog => {
  const destination = pino.destination({ dest, sync: true });
  const batchChars = isFile(dest) ? FILE_CHARS : PIPE_CHARS;
  const head = `{"level":"info","service":${JSON.stringify(name)},"msg":"s3 request","time":"`;
  let batch = '';
  const flush = (): void => {
    if (batch === '') return;
    destination.write(batch);
    batch = '';
  };
  setInterval(flush, FLUSH_EVERY_MS).unref();
  process.once('exit', flush);
  return (line) => {
    batch += `${head}${isoNow()}"${render(line)}}\n`;
    if (batch.length > batchChars) flush();
  };
};

const isFile = (dest: number | string): boolean => typeof dest === 'string' || fstatSync(dest).isFile();

/** By hand where no character can need escaping: `JSON.stringify` of the whole takes three times as long. */
const render = (line: AuditLine): string =>
  `,"requestId":"${line.requestId}","operation":"${line.operation}","status":${line.status}` +
  plain('code', line.code) +
  text('user', line.user) +
  text('client', line.client) +
  text('session', line.session) +
  plain('verification', line.verification) +
  plain('bucket', line.bucket) +
  plain('keyHash', line.keyHash) +
  `,"payload":"${line.payload}","bytesIn":${line.bytesIn},"bytesOut":${line.bytesOut}` +
  `,"durationMs":${line.durationMs},"upstreamMs":${line.upstreamMs}` +
  text('upstreamRequestId', line.upstreamRequestId);

/** For words of our own, names of buckets, and hexadecimal digits. */
const plain = (name: string, value: string | undefined): string => (value === undefined ? '' : `,"${name}":"${value}"`);

const PLAIN = /^[\w.@:/+=-]*$/;

const text = (name: string, value: string | undefined): string => {
  if (value === undefined) return '';
  return PLAIN.test(value) ? `,"${name}":"${value}"` : `,"${name}":${JSON.stringify(value)}`;
};

let knownMs = 0;
let knownIso = '';

/** Requests of one millisecond share its text. */
const isoNow = (): string => {
  const now = Date.now();
  if (now !== knownMs) {
    knownMs = now;
    knownIso = new Date(now).toISOString();
  }
  return knownIso;
};

/**
 * The audit lines of the S3 endpoint, one JSON object each, like the other log lines. A line is of a closed form, so the
 * search for secrets that the logger makes in whatever it is given, at a tenth of a millisecond a line, is not needed;
 * and lines are written several at a time.
 */
import { pino } from 'pino';
import type { AuditLog } from '#s3/audit.ts';

/** Up to here a write to a pipe is not mixed with those of other processes (PIPE_BUF of Linux). */
const WRITE_BYTES_MAX = 4_096;
const WRITE_BYTES_MIN = 3_500;
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
  const destination = pino.destination({
    dest,
    sync: true,
    minLength: WRITE_BYTES_MIN,
    maxWrite: WRITE_BYTES_MAX,
    periodicFlush: FLUSH_EVERY_MS,
  });
  process.once('exit', () => destination.flushSync());
  const head = `{"level":"info","service":${JSON.stringify(name)},"msg":"s3 request","time":"`;
  return (line) => void destination.write(`${head}${isoNow()}",${JSON.stringify(line).slice(1)}\n`);
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

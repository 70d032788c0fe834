/** Structured logs of API and command line. Workflows and activities log through Temporal's own logger. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

/** Where a secret or a token could stand if somebody logs a whole object by mistake. */
const REDACTED = [
  'authorization',
  'secretAccessKey',
  'sessionToken',
  'token',
  'password',
  'sealingKeys',
  'key',
  'cookie',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*["${name}"]`]);

/** Errors as message, type and code: an SDK error carries its whole request. */
const serializeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const { type, code } = error as { type?: unknown; code?: unknown };
  return {
    name,
    message: blank(message),
    ...(typeof type === 'string' && { type }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack: blank(stack ?? ''),
    ...(cause instanceof Error && { cause: serializeError(cause) }),
  };
};

/** JWTs, and the signature of a presigned URL. */
const blank = (text: string): string =>
  text
    .replace(/eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g, '[token]')
    .replace(/(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"]+/gi, '$1[redacted]');

export const createLogger = (
  { name, level = 'info' }: { readonly name: string; readonly level?: string },
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger =>
  pino(
    {
      name,
      level,
      redact: { paths: [...new Set(REDACTED)], censor: '[redacted]' },
      serializers: { error: serializeError, err: serializeError },
      timestamp: stdTimeFunctions.isoTime,
      base: { service: name },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );

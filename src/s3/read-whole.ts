/** Collects a small body in memory. */
import { S3Error } from './errors.ts';
import type { Exchange } from './exchange.ts';

/** Calls back with everything that the client sent, once it is complete. */
export const readWhole = (exchange: Exchange, max: number, next: (body: Buffer) => void): void => {
  const { req } = exchange;
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    exchange.received(chunk.length);
    chunks.push(chunk);
    if (length <= max) return;
    stop();
    exchange.fail(new S3Error('MaxMessageLengthExceeded'));
  };
  const onEnd = (): void => {
    stop();
    if (!exchange.isOver)
      exchange.attempt(() => next(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
  };
  const stop = (): void => {
    req.off('data', onData);
    req.off('end', onEnd);
  };
  req.on('data', onData);
  req.on('end', onEnd);
  exchange.acceptBody();
};

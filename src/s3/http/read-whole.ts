/** Collects a small body in memory. */

import { S3Error } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { Collector } from './collector.ts';

/**
 * Calls back with everything that the client sent, once it is complete.
 * @param max room for so many bytes is reserved before the first is read
 * @throws S3Error SlowDown, MaxMessageLengthExceeded
 */
export const readWhole = (exchange: Exchange, max: number, next: (body: Buffer) => void): void => {
  const { req } = exchange;
  exchange.reserve(max);
  if (req.whole) {
    exchange.received(req.whole.length);
    if (req.whole.length > max) throw new S3Error('MaxMessageLengthExceeded');
    req.complete = true;
    next(req.whole);
    return;
  }
  const collected = new Collector(max);
  const onData = (chunk: Buffer): void => {
    exchange.received(chunk.length);
    if (collected.length + chunk.length <= max) collected.add(chunk);
    else {
      stop();
      exchange.fail(new S3Error('MaxMessageLengthExceeded'));
    }
  };
  const onEnd = (): void => {
    stop();
    if (!exchange.isOver) exchange.attempt(() => next(collected.take()));
  };
  const stop = (): void => {
    exchange.isReceiving = false;
    req.off('data', onData);
    req.off('end', onEnd);
  };
  req.on('data', onData);
  req.on('end', onEnd);
  exchange.acceptBody();
};

/**
 * Errors that nobody caught. A promise of one request that was rejected is logged under that request, and the others are
 * served on. Any other one leaves the process in a state that nobody knows: it is logged, and the process ends, for
 * whatever runs it to start it again.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, Server } from 'node:http';
import { errorText } from '#domain/core/error-text.ts';
import type { Logger } from './logger.ts';

/** Never its query or headers: they may hold secrets. */
interface Origin {
  readonly method: string | undefined;
  readonly path: string | undefined;
}

const origin = new AsyncLocalStorage<Origin>();

const REQUESTS: readonly unknown[] = ['request', 'checkContinue'];

/** Whatever is done for a request of this server is known to be of that request. */
export const tellRequests = <S extends Server>(server: S): S => {
  const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
  const within = (...args: unknown[]): boolean => {
    const [event, request] = args;
    if (!REQUESTS.includes(event)) return emit(...args);
    const { method, url } = request as IncomingMessage;
    return origin.run({ method, path: url?.split('?', 1)[0] }, () => emit(...args));
  };
  return Object.assign(server, { emit: within });
};

export interface StrayErrorParts {
  readonly log: Pick<Logger, 'error' | 'fatal'>;
  /** Default: the process ends with 1. */
  readonly exit?: (code: number) => void;
}

/** @returns what to call to be no longer told of them */
export const watchStrayErrors = ({ log, exit = (code) => process.exit(code) }: StrayErrorParts): (() => void) => {
  const onRejection = (error: unknown): void => {
    const request = origin.getStore();
    if (request)
      log.error({ error, ...request }, `a rejected promise of a request is waited for by nobody: ${errorText(error)}`);
    else end(error, 'a rejected promise is waited for by nobody');
  };
  const onException = (error: unknown): void => end(error, 'an error is caught by nobody');
  const end = (error: unknown, what: string): void => {
    log.fatal({ error, ...origin.getStore() }, `${what}, and this process ends: ${errorText(error)}`);
    exit(1);
  };
  process.on('unhandledRejection', onRejection).on('uncaughtException', onException);
  return () => void process.off('unhandledRejection', onRejection).off('uncaughtException', onException);
};

/** Temporal's own log lines, and those of workflows and activities, in the log of the process. */
import type { LogLevel, Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from '#observability/logger.ts';

export const temporalLogger = (logger: Logger): TemporalLogger => {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string, meta?: object) =>
    logger[level](meta ?? {}, message);
  return {
    log: (level: LogLevel, message, meta) =>
      write(level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error', message, meta),
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  };
};

/** Keeps numbers up to date that nobody counts as they happen: what is paused, late or stuck must not go unseen. */
import type { Logger } from '#observability/logger.ts';

const EVERY_MS = 60_000;

export interface Watched {
  /** What is looked at, in words. */
  readonly what: string;
  readonly look: () => Promise<void>;
  /** Looked at every so many minutes. Default: each. */
  readonly everyMinutes?: number;
}

/** Looks at once and every minute. Any number of API processes may do so at the same time. */
export const watchMetrics = (
  watched: readonly Watched[],
  log: Pick<Logger, 'warn'>,
  everyMs = EVERY_MS,
): { readonly stop: () => void } => {
  let minute = 0;
  const look = (): void => {
    for (const { what, look: one, everyMinutes = 1 } of watched) {
      if (minute % everyMinutes !== 0) continue;
      one().catch((error: unknown) => log.warn({ error }, `${what} can not be counted`));
    }
    minute += 1;
  };
  look();
  const timer = setInterval(look, everyMs).unref();
  return { stop: () => clearInterval(timer) };
};

/** Destroys the seals of keys that were handed out and whose answer can't be repeated any more. */
import type { Control } from '#control/control.ts';
import type { Logger } from '#observability/logger.ts';

const EVERY_MS = 60_000;

/** Any number of API processes may do so at once. */
export const sweepClaims = (
  credentials: Pick<Control['credentials'], 'sweepClaims'>,
  environment: string,
  log: Logger,
): { readonly stop: () => void } => {
  const sweep = (): void => {
    credentials.sweepClaims(environment).then(
      (destroyed) => {
        if (destroyed > 0) log.info({ destroyed }, 'seals of claimed keys destroyed');
      },
      (error: unknown) => log.warn({ error }, 'sweep of claimed keys failed'),
    );
  };
  const timer = setInterval(sweep, EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
};

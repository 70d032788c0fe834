import { codeOf } from '#domain/failures.ts';
import type { Timing } from '#domain/timing.ts';
import { lookAgain, waitedMs } from './look.ts';

/**
 * What was made a moment ago is not yet known everywhere: for a while "not found" means "not yet". For calls about
 * something that is known to have been made. @throws NotYet within the visibility window.
 */
export const whenVisible = async <T>(
  what: string,
  deps: { readonly timing: Timing },
  call: () => Promise<T>,
): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) !== 'NotFound' || waitedMs() > deps.timing.propagationMs) throw error;
    throw lookAgain(`${what} is not visible everywhere yet`, deps);
  }
};

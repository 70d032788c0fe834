import { codeOf, type FailureCode, factsOf } from '#domain/failures.ts';
import type { Timing } from '#domain/timing.ts';
import { lookAgain, waitedMs } from './look.ts';

interface Deps {
  readonly timing: Timing;
}

/**
 * What was made a moment ago is not yet known everywhere: for a while "not found" means "not yet". For calls about
 * something that is known to have been made. @throws NotYet within the visibility window.
 */
export const whenVisible = <T>(what: string, deps: Deps, call: () => Promise<T>): Promise<T> =>
  whileFresh(['NotFound'], `${what} is not visible everywhere yet`, deps, call);

/**
 * As `whenVisible`, for calls that a policy allows by a tag of what was made: IAM's authoriser learns of the tags later
 * than the service does, and says "denied" until then. A right that is really missing shows after the window.
 * @throws NotYet within the visibility window.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const whenTagsCount = <T>(what: string, deps: Deps, call: () => Promise<T>): Promise<T> =>
  whileFresh(['NotFound', 'Denied'], `${what} or its tags are not known everywhere yet`, deps, call);

const whileFresh = async <T>(
  codes: readonly FailureCode[],
  message: string,
  deps: Deps,
  call: () => Promise<T>,
): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (!codes.includes(codeOf(error)) || waitedMs() > deps.timing.propagationMs) throw error;
    throw lookAgain(message, deps, factsOf(error));
  }
};

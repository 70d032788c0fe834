import type { AccountRef } from '#domain/core/account.ts';
import { codeOf, type FailureCode, factsOf } from '#domain/core/failures.ts';
import type { Timing } from '#domain/core/timing.ts';
import { lookAgain } from './look.ts';
import { metHereFor } from './window.ts';

interface Deps {
  readonly timing: Timing;
}

/**
 * What was made a moment ago is not yet known everywhere: for a while "not found" means "not yet". For calls about
 * something that is known to have been made. @throws NotYet within the visibility window.
 */
export const whenVisible = <T>(what: string, deps: Deps, call: () => Promise<T>): Promise<T> =>
  whileFresh(isOneOf('NotFound'), () => `${what} is not visible everywhere yet`, deps, call);

/**
 * As `whenVisible`, for calls that a policy allows by a tag of what was made: IAM's authoriser learns of the tags later
 * than the service does, and says "denied" until then. A right that is really missing shows after the window.
 * @throws NotYet within the visibility window.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const whenTagsCount = <T>(what: string, deps: Deps, call: () => Promise<T>): Promise<T> =>
  whileFresh(isOneOf('NotFound', 'Denied'), () => `${what} or its tags are not known everywhere yet`, deps, call);

/**
 * For what comes first in an account: a role that was made a moment ago can't be entered yet, for up to a minute. A role
 * that may never be entered shows after the window. @throws NotYet within it.
 */
export const whenEntered = <T>({ roleArn }: AccountRef, deps: Deps, call: () => Promise<T>): Promise<T> =>
  whileFresh(
    (error) => codeOf(error) === 'Denied' && factsOf(error).operation === 'sts:AssumeRole',
    (error) => `${roleArn} can't be entered yet: ${error instanceof Error ? error.message : String(error)}`,
    deps,
    call,
  );

const isOneOf =
  (...codes: readonly FailureCode[]) =>
  (error: unknown): boolean =>
    codes.includes(codeOf(error));

const whileFresh = async <T>(
  isFresh: (error: unknown) => boolean,
  message: (error: unknown) => string,
  deps: Deps,
  call: () => Promise<T>,
): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (!isFresh(error)) throw error;
    // AWS's words may differ each time.
    if (metHereFor(`${codeOf(error)} ${factsOf(error).operation}`) > deps.timing.propagationMs) throw error;
    throw lookAgain(message(error), deps, factsOf(error));
  }
};

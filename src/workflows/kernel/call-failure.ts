/** What an activity call ended with, as the workflow deals with it: a failure with a code, or a cancellation. */
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { isCallUnderWay, renderCall } from '#domain/core/call-under-way.ts';
import { fail } from '#domain/core/failures.ts';

/** `name`: of what the call is about, where it has one. */
export const causeOf = (error: unknown, { activity, name }: { activity: string; name: string | null }): unknown => {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return cause;
  if (cause instanceof TimeoutFailure) return timedOut(cause, renderCall({ call: activity, resource: name }));
  return error;
};

/** The call to AWS that it waited for, as its last heartbeat told, is what hangs. */
const timedOut = (timeout: TimeoutFailure, what: string): ApplicationFailure => {
  const { failure, lastHeartbeatDetails: beat } = timeout;
  // What the last attempt answered stands in what the server sent; the SDK makes no error of it.
  const last = failure?.cause?.message;
  const waited = isCallUnderWay(beat) ? beat : undefined;
  const at = waited ? `; it was waiting for ${renderCall(waited)} since ${waited.since}` : '';
  const answer = last ? `; last answer: ${last}` : '';
  return fail('Unavailable', `${what} did not finish in time${answer || at}`, {
    outcomeUnknown: true,
    ...(waited && { operation: waited.call, ...(waited.resource !== null && { resource: waited.resource }) }),
  });
};

/** What its first argument calls the thing that it is about. */
export const nameIn = ([spec]: readonly unknown[]): string | null => {
  const { name, userName } = (spec ?? {}) as { readonly name?: unknown; readonly userName?: unknown };
  const text = name ?? userName;
  return typeof text === 'string' ? text : null;
};

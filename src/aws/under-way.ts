/** The call to AWS that an activity waits for, told with its heartbeats: one that hangs is then known by name. */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import type { CallUnderWay } from '#domain/core/call-under-way.ts';

const calls = new WeakMap<Context, Set<CallUnderWay>>();

/** Until what it returns is called. Outside of an activity nobody asks. */
export const noteUnderWay = (call: CallUnderWay): (() => void) => {
  const context = asyncLocalStorage.getStore();
  if (!context) return () => undefined;
  const open = calls.get(context) ?? new Set();
  calls.set(context, open.add(call));
  return () => void open.delete(call);
};

/** The one that has been waited for longest. */
export const underWay = (context: Context): CallUnderWay | undefined => calls.get(context)?.values().next().value;

/** Heartbeats that tell how far an activity has come: from there its next attempt goes on. */
import { Context } from '@temporalio/activity';
import { underWay } from '#aws/under-way.ts';
import { isCallUnderWay } from '#domain/core/call-under-way.ts';

const told = new WeakMap<Context, unknown>();

/** `state`: JSON. Told again by each later beat of this attempt, until there is another one. */
export const tell = (state: unknown): void => {
  const context = Context.current();
  told.set(context, state);
  context.heartbeat(state);
};

/** "Still there", with what was told last; where nothing was, with the call that is waited for. */
export const beatAgain = (context: Context): void => {
  const before = beforeOf(context);
  const call = underWay(context);
  if (told.has(context)) context.heartbeat(told.get(context));
  else if (before !== undefined) context.heartbeat(before);
  else if (call) context.heartbeat(call);
  else context.heartbeat();
};

/** A call that an earlier attempt waited for is over. */
const beforeOf = ({ info: { heartbeatDetails } }: Context): unknown =>
  isCallUnderWay(heartbeatDetails) ? undefined : heartbeatDetails;

/** What the attempt before this one told last; undefined for the first one. */
export const toldBefore = <State>(): State | undefined => beforeOf(Context.current()) as State | undefined;

/** Heartbeats that tell how far an activity has come: from there its next attempt goes on. */
import { Context } from '@temporalio/activity';

const told = new WeakMap<Context, unknown>();

/** `state`: JSON. Told again by each later beat of this attempt, until there is another one. */
export const tell = (state: unknown): void => {
  const context = Context.current();
  told.set(context, state);
  context.heartbeat(state);
};

/** "Still there", with what was told last. */
export const beatAgain = (context: Context): void => {
  if (told.has(context)) context.heartbeat(told.get(context));
  else if (context.info.heartbeatDetails !== undefined) context.heartbeat(context.info.heartbeatDetails);
  else context.heartbeat();
};

/** What the attempt before this one told last; undefined for the first one. */
export const toldBefore = <State>(): State | undefined => Context.current().info.heartbeatDetails as State | undefined;

/** Views of a subject as server-sent events. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ApiEnv } from '../deps.ts';

/** Proxies close connections on which nothing happens, often after 60 s. */
const KEEP_ALIVE_MS = 15_000;

export interface StreamParts<View> {
  /** Name of the event of a view. */
  readonly event: string;
  readonly follow: (signal: AbortSignal) => AsyncIterable<View>;
  readonly brokeOff: (error: Error) => void;
  /** Aborted when nobody is to wait on this process any longer. Default: never. */
  readonly ending?: AbortSignal | undefined;
}

/** For clients that connect again by themselves: soon, since another process answers already. */
const CONNECT_AGAIN = 'retry: 500\n\n';

/**
 * A view per event, a comment every 15 seconds, and `end` when no operation is in progress. A process that stops ends it
 * without `end`: clients connect again.
 */
export const streamViews = <View>(c: Context<ApiEnv>, parts: StreamParts<View>): Response => {
  const { event, follow, brokeOff, ending } = parts;
  // Proxies such as nginx would hold events back.
  c.header('x-accel-buffering', 'no');
  return streamSSE(
    c,
    async (stream) => {
      const keepAlive = setInterval(() => void stream.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
      const stop = new AbortController();
      stream.onAbort(() => stop.abort());
      const until = ending ? AbortSignal.any([stop.signal, ending]) : stop.signal;
      try {
        for await (const view of follow(until)) await stream.writeSSE({ event, data: JSON.stringify(view) });
        if (ending?.aborted) await stream.write(CONNECT_AGAIN);
        else if (!stop.signal.aborted) await stream.writeSSE({ event: 'end', data: '{}' });
      } finally {
        clearInterval(keepAlive);
      }
    },
    // The stream just ends, without `end`: clients connect again.
    async (error) => brokeOff(error),
  );
};

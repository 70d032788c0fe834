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
}

/** A view per event, a comment every 15 seconds, and `end` when no operation is in progress. */
export const streamViews = <View>(c: Context<ApiEnv>, { event, follow, brokeOff }: StreamParts<View>): Response => {
  // Proxies such as nginx would hold events back.
  c.header('x-accel-buffering', 'no');
  return streamSSE(
    c,
    async (stream) => {
      const keepAlive = setInterval(() => void stream.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
      const stop = new AbortController();
      stream.onAbort(() => stop.abort());
      try {
        for await (const view of follow(stop.signal)) await stream.writeSSE({ event, data: JSON.stringify(view) });
        if (!stop.signal.aborted) await stream.writeSSE({ event: 'end', data: '{}' });
      } finally {
        clearInterval(keepAlive);
      }
    },
    // The stream just ends, without `end`: clients connect again.
    async (error) => brokeOff(error),
  );
};

/**
 * How a process of the API leaves without anybody's request failing: first it is not ready, so that balancers send new
 * requests elsewhere while it still answers all that come; then nobody waits on it any longer; then what is under way ends.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { keepNoConnections, stopServer, type Tracked } from './stop-server.ts';

/** What the parts of the API have to know of it. */
export interface Leaving {
  /** Aborted: this process is not ready any more. */
  readonly draining: AbortSignal;
  /** Aborted: waits and event streams are answered with how far things are; their callers ask again elsewhere. */
  readonly ending: AbortSignal;
}

export interface Patience {
  /** For balancers. */
  readonly drainMs: number;
  /** For what is under way. */
  readonly stopMs: number;
  /** To the end whoever connects is answered, with 503. Default: nobody can. */
  readonly keepsListening?: boolean;
}

export const createLeaving = (): Leaving & {
  leave(servers: readonly Tracked[], patience: Patience): Promise<void>;
} => {
  const draining = new AbortController();
  const ending = new AbortController();
  return {
    draining: draining.signal,
    ending: ending.signal,
    async leave(servers, { drainMs, stopMs, ...how }) {
      draining.abort();
      servers.forEach(keepNoConnections);
      await delay(drainMs);
      ending.abort();
      await Promise.all(servers.map((server) => stopServer(server, stopMs, how)));
    },
  };
};

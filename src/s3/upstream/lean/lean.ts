/** The upstream of the data path: a pool of connections that read into reused memory, one request at a time on each. */

import { UPSTREAM_DEFAULTS, type Upstream, type UpstreamOptions } from '../upstream.ts';
import { Connection, type ConnectionTarget } from './connection.ts';
import { Pool } from './pool.ts';

export const createLeanUpstream = (options: UpstreamOptions): Upstream => {
  const { connectionsMax, connectTimeoutMs, headersTimeoutMs, keepAliveMs, queueMs, now, onBug } = {
    ...UPSTREAM_DEFAULTS,
    ...options,
  };
  const url = new URL(options.origin);
  const isTls = url.protocol === 'https:';
  const target: ConnectionTarget = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (isTls ? 443 : 80)),
    isTls,
    ca: options.ca,
    connectTimeoutMs,
    headersTimeoutMs,
    now,
  };
  const pool = new Pool({
    connectionsMax,
    keepAliveMs,
    queueMs,
    now,
    onBug,
    open: (events) => new Connection(target, events),
  });
  const sweepMs = Math.max(Math.min(headersTimeoutMs / 4, keepAliveMs / 4, queueMs / 4, 1_000), 20);
  const sweep = setInterval(() => pool.sweep(), sweepMs);
  sweep.unref();

  return {
    send: (request, receiver) => pool.submit(request, receiver),
    stats: () => pool.stats,
    async close() {
      clearInterval(sweep);
      pool.close();
    },
  };
};

/** Picks the implementation that the configuration names. */
import { createLeanUpstream } from './lean/lean.ts';
import { createUndiciUpstream } from './undici.ts';
import type { Upstream, UpstreamOptions } from './upstream.ts';

export const createUpstream = (client: 'lean' | 'undici', options: UpstreamOptions): Upstream =>
  client === 'undici' ? createUndiciUpstream(options) : createLeanUpstream(options);

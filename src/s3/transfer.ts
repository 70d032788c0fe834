/** An admitted request that is being carried out: what it may do, and the exchange that it moves its bytes on. */
import type { Admitted } from './admission.ts';
import type { Exchange } from './exchange.ts';
import type { Outgoing } from './upstream/sign.ts';

export interface Transfer {
  readonly exchange: Exchange;
  readonly admitted: Admitted;
}

/** What goes upstream, but for its body. */
export type Draft = Outgoing & { readonly headers: Map<string, string> };

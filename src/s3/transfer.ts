/** An admitted request that is being carried out: what it may do, and the exchange that it moves its bytes on. */
import type { Admitted } from './admission.ts';
import type { Exchange } from './exchange.ts';

export interface Transfer {
  readonly exchange: Exchange;
  readonly admitted: Admitted;
}

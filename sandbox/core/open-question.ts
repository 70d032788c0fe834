/**
 * Where nobody outside AWS knows how it behaves, an account can be put into either world, and a launch has to pass in
 * both. `PUT /_sandbox/accounts/{id}/worlds` changes what it names and leaves the rest; it answers, as `GET` does, with
 * all of it. A question stands beside the rule that asks it.
 */
import type { z } from 'zod';

export interface OpenQuestion<Value> {
  readonly name: string;
  /** What an account may be told. */
  readonly schema: z.ZodType<Value>;
  /** For an account that was told nothing. */
  readonly initial: Value;
}

export const openQuestion = <Value>(name: string, schema: z.ZodType<Value>, initial: Value): OpenQuestion<Value> => ({
  name,
  schema,
  initial,
});

/** Named values that an account can be given, each with what it is without. */
import { z } from 'zod';

interface Setting {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly initial: unknown;
}

export interface Settings {
  /** A change: any of the names, no other one. */
  readonly schema: z.ZodType<Record<string, unknown>>;
  of(account: string): Readonly<Record<string, unknown>>;
  /** What is left out stays as it is. */
  change(account: string, changes: Record<string, unknown>): void;
}

export const createSettings = (settings: readonly Setting[]): Settings => {
  const initial = Object.fromEntries(settings.map(({ name, initial: value }) => [name, value]));
  const given = new Map<string, Record<string, unknown>>();
  const of = (account: string): Readonly<Record<string, unknown>> => given.get(account) ?? initial;
  return {
    schema: z.strictObject(Object.fromEntries(settings.map(({ name, schema }) => [name, schema.optional()]))),
    of,
    change(account, changes) {
      const named = Object.entries(changes).filter(([, value]) => value !== undefined);
      given.set(account, { ...of(account), ...Object.fromEntries(named) });
    },
  };
};

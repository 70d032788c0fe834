/** How things of one type are found and taken, whatever made them: one row of a service's file. */
import type { Aws } from '#aws/clients.ts';
import type { AccountRef } from '#domain/core/account.ts';
import type { Tags } from '#domain/core/ownership.ts';
import type { Thing } from '#domain/sweep/finding.ts';
import type { SweptType } from '#domain/sweep/types.ts';

/** Where is looked. */
export interface Place {
  readonly aws: Aws;
  readonly account: AccountRef;
  /** H */
  readonly environment: string;
  /** Names of ours begin with one of these, this environment's and perhaps others': what is called otherwise need not be asked for its tags. */
  readonly prefixes: readonly string[];
}

/** One thing right now. */
export interface Sight {
  readonly thing: Thing;
  /** The next call towards its end, one mutation; null: it is on its way, and has only to be waited for. */
  readonly push: (() => Promise<unknown>) | null;
}

export interface Lister {
  /** Those that may be ours. What is on its way to its end already is left out. */
  list(place: Place): Promise<Thing[]>;
  /** Undefined where there is none. */
  look(place: Place, id: string): Promise<Sight | undefined>;
}

/** How a service shows one type. `Raw`: as its own call describes one. */
interface Parts<Raw> {
  readonly all: (place: Place) => Promise<readonly Raw[]>;
  readonly one: (place: Place, id: string) => Promise<Raw | undefined>;
  /** Undefined: it is gone, though it is shown still, or nothing that a sweep looks at. */
  readonly sight: (raw: Raw, place: Place) => Promise<Sight | undefined> | Sight | undefined;
}

export const listerOf = <Raw>({ all, one, sight }: Parts<Raw>): Lister => ({
  async list(place) {
    const things: Thing[] = [];
    for (const raw of await all(place)) {
      const seen = await sight(raw, place);
      if (seen?.push) things.push(seen.thing);
    }
    return things;
  },
  async look(place, id) {
    const raw = await one(place, id);
    return raw && (await sight(raw, place));
  },
});

/** Without a way to take them, whatever is asked. */
export const told = (all: (place: Place) => Promise<Thing[]>): Lister => ({
  list: all,
  look: async () => undefined,
});

/** The id is AWS's; what is not there is null. */
export const thingOf = (
  type: SweptType,
  {
    id = '',
    name,
    tags = {},
    createdAt,
    loose = false,
    needed,
  }: {
    readonly id: string | undefined;
    readonly name?: string | undefined;
    readonly tags?: Tags | undefined;
    /** Milliseconds since the epoch, where it is a number. */
    readonly createdAt?: Date | number | undefined;
    readonly loose?: boolean;
    readonly needed?: string | undefined;
  },
): Thing => ({
  type,
  id,
  name: name ?? null,
  tags,
  createdAt: createdAt === undefined ? null : new Date(createdAt).toISOString(),
  loose,
  needed: needed ?? null,
});

export const isCalledAsOurs = (name: string | undefined, { prefixes }: Place): boolean =>
  name !== undefined && prefixes.some((prefix) => name.startsWith(prefix));

/** It carries a tag of Eyrie's, whosever it is. */
export const isMarked = (tags: Tags): boolean => Object.keys(tags).some((key) => key.startsWith('eyrie:'));

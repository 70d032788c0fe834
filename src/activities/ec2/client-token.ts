/** Client tokens: a repeated create gives the thing that the first one made. */
import { createHash } from 'node:crypto';
import type { Owner } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/core/timing.ts';
import { lookAgain } from '../shared/look.ts';
import { metFor } from '../shared/window.ts';

type Part = string | number;

/** EC2 takes at most 64 characters: a SHA-256 in hex has as many. */
export const clientToken = (owner: Owner, ...parts: readonly Part[]): string =>
  createHash('sha256')
    .update(JSON.stringify([owner.id, owner.run, ...parts]))
    .digest('hex');

export interface TokenCreation<Item> {
  readonly deps: { readonly timing: Timing };
  readonly what: string;
  /** What the token is made of, for whom first. */
  readonly token: readonly [Owner, ...Part[]];
  readonly create: (token: string) => Promise<Item>;
  readonly idOf: (item: Item) => string | undefined;
  readonly isVisible: (item: Item) => Promise<boolean>;
}

/** A thing that keeps vanishing is no matter of tokens any more. */
const GENERATIONS_MAX = 5;

/**
 * A token is remembered for longer than the thing lives: if somebody deletes it, the same call gives the dead one again.
 * What a call gave and what can't be seen after the visibility window is dead, and a token of the next generation makes
 * another.
 */
export const createWithToken = async <Item>(creation: TokenCreation<Item>): Promise<Item> => {
  const { deps, what, create, idOf, isVisible } = creation;
  const [owner, ...parts] = creation.token;
  for (let generation = 0; ; generation += 1) {
    const item = await create(clientToken(owner, ...parts, generation));
    if (await isVisible(item)) return item;
    // By its id: AWS forgets a token some day, and gives another thing for it.
    if (metFor(`${idOf(item)} is not visible`) < deps.timing.propagationMs || generation === GENERATIONS_MAX) {
      throw lookAgain(`${what} was made and is not visible yet`, deps);
    }
  }
};

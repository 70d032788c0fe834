/** What somebody is about to make that has neither a client token nor a unique name. */
import { type Owner, type SharedOwner, subjectOf } from './ownership.ts';
import type { SubjectRef } from './subject.ts';

/** What all of an environment share in an account. */
export interface SharedPlace {
  readonly kind: 'shared';
  readonly environment: string;
  /** The account's id. */
  readonly name: string;
}

export interface IntentRef {
  readonly of: SubjectRef | SharedPlace;
  /** Null: one for all runs, where whatever runs try makes one thing. */
  readonly run: string | null;
  /** For example `vpc`. */
  readonly what: string;
}

/** One of each for this run. */
export const runIntent = (owner: Owner, what: string): IntentRef => ({ of: subjectOf(owner), run: owner.run, what });

/** One of each for whoever it is of, whatever runs try. */
export const onlyIntent = (owner: Owner | SharedOwner, accountId: string, what: string): IntentRef => ({
  of: owner.kind === 'shared' ? { ...owner, name: accountId } : subjectOf(owner),
  run: null,
  what,
});

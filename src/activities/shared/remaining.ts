/** What AWS still shows of a resource: the proof that nothing is left, or the list of it. */
import { mayRemove, type Owner, type Removal, type Tags } from '#domain/core/ownership.ts';

/** One thing that is still there. */
export interface Remaining {
  readonly id: string | null;
  readonly name: string | null;
}

/** As a resource's finder gives it. */
interface Found {
  readonly id: string | undefined;
  readonly name?: string | undefined;
  readonly tags: Tags;
}

/** Of what was found, what a removal would take. Foreign things are not listed. */
export const remainingOf = (found: readonly Found[], owner: Owner, by: Removal['by']): Remaining[] =>
  found
    .filter(({ tags }) => mayRemove(tags, owner, { by, unsureSince: null }))
    .map(({ id, name }) => ({ id: id ?? null, name: name ?? null }));

/** Whether something that exists already may be used: its owner's, or nobody's and adopted. */

import { fail } from '#domain/core/failures.ts';
import {
  adoptedTags,
  ENVIRONMENT_TAG,
  isForeign,
  isOwnedBy,
  kindTag,
  type Owner,
  type SharedOwner,
  type Tags,
} from '#domain/core/ownership.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';
import type { Adoptable } from '#domain/resources/spec.ts';

/** What is there under the name that is wanted. */
export interface Existing {
  /** In words, with its name: `policy h-nf-u`. */
  readonly what: string;
  readonly tags: Tags;
  readonly description?: string | undefined;
}

interface Wanted {
  readonly owner: Owner | SharedOwner;
  readonly tags: Tags;
  readonly adoptable: Adoptable;
}

/** The part of `wanted` that `found` lacks or says differently. */
export const lackingTags = (found: Tags, wanted: Tags): Tags =>
  Object.fromEntries(Object.entries(wanted).filter(([key, value]) => found[key] !== value));

/** It carries no owner's tag, and all that is asked of what may be adopted. */
export const isAdoptable = (existing: Pick<Existing, 'tags' | 'description'>, adoptable: Adoptable): boolean =>
  lackedBy(existing, adoptable).length === 0;

/**
 * Tags to put on what exists. A run's is never among them: what exists is adopted, and a run takes away only what it made
 * itself. @throws Conflict, and nothing is touched, where it is another owner's or may not be adopted.
 */
export const adopt = (existing: Existing, { owner, tags, adoptable }: Wanted): Tags => {
  const { what } = existing;
  if (isForeign(existing.tags, owner)) {
    throw fail('Conflict', `${what} belongs to ${otherOwnerIn(existing.tags, owner)}; it was left as it is`);
  }
  const lacks = isOwnedBy(existing.tags, owner) ? [] : lackedBy(existing, adoptable);
  if (lacks.length > 0) {
    throw fail(
      'Conflict',
      `${what} exists already, and was not made for this ${owner.kind === 'shared' ? 'environment' : owner.kind}: ` +
        `it lacks ${lacks.join(' and ')}; it was left as it is`,
    );
  }
  return lackingTags(existing.tags, { ...tags, ...adoptedTags(owner) });
};

/** In words: `workspace h.jane`, or `environment h` where it is only that. It may carry our tag beside. */
const otherOwnerIn = (tags: Tags, owner: Owner | SharedOwner): string => {
  const ours = adoptedTags(owner);
  const other = SUBJECT_KINDS.map(kindTag).find((key) => tags[key] !== undefined && tags[key] !== ours[key]);
  return other ? `${other.slice('eyrie:'.length)} ${tags[other]}` : `environment ${tags[ENVIRONMENT_TAG]}`;
};

const lackedBy = ({ tags, description }: Pick<Existing, 'tags' | 'description'>, adoptable: Adoptable): string[] => {
  if (adoptable === 'never') return ["its owner's tag"];
  if ('tags' in adoptable) {
    return Object.entries(lackingTags(tags, adoptable.tags)).map(([key, value]) => `the tag ${key}=${value}`);
  }
  return description === adoptable.description ? [] : [`the description "${adoptable.description}"`];
};

/** Whether something that exists already is the workspace's or Hatchery's, and which tags it still lacks. */

import {
  adoptedTags,
  ENVIRONMENT_TAG,
  isForeign,
  isOwnedBy,
  kindTag,
  type Owner,
  type Tags,
} from '#domain/core/ownership.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';
import { fail } from '#domain/failures.ts';

/** The part of `wanted` that `found` lacks or says differently. */
export const lackingTags = (found: Tags, wanted: Tags): Tags =>
  Object.fromEntries(Object.entries(wanted).filter(([key, value]) => found[key] !== value));

/** In words: `workspace h.jane`, or `environment h` of what belongs to none of its owners. */
export const ownerIn = (tags: Tags): string => {
  const kind = SUBJECT_KINDS.find((each) => tags[kindTag(each)] !== undefined);
  return kind ? `${kind} ${tags[kindTag(kind)]}` : `environment ${tags[ENVIRONMENT_TAG]}`;
};

const lacksNothing = (tags: Tags): boolean => Object.keys(tags).length === 0;

const foreign = (what: string, found: Tags) => {
  return fail('Conflict', `${what} belongs to ${ownerIn(found)}; it was left as it is`);
};

const unknown = (what: string, tags: Tags) =>
  fail(
    'Conflict',
    `${what} exists and is neither this workspace's nor Hatchery's: it lacks ${Object.entries(tags)
      .map(([key, value]) => `the tag ${key}=${value}`)
      .join(' and ')}; it was left as it is`,
  );

/**
 * Tags to put on a resource that exists. A launch's tag is never among them: what exists is adopted.
 * @throws Conflict where it is foreign: of another workspace, or without the tags that Hatchery always sets.
 */
export const adopt = (what: string, found: Tags, spec: { readonly owner: Owner; readonly tags: Tags }): Tags => {
  if (isForeign(found, spec.owner)) throw foreign(what, found);
  const lacking = lackingTags(found, spec.tags);
  if (!isOwnedBy(found, spec.owner) && !lacksNothing(lacking)) throw unknown(what, lacking);
  return lackingTags(found, { ...spec.tags, ...adoptedTags(spec.owner) });
};

/**
 * The same for what all workspaces of an environment share. `hatchery`: tags that Hatchery sets on it.
 * @throws Conflict where it belongs to a workspace or to another environment, or is unknown.
 */
export const adoptShared = (
  what: string,
  found: Tags,
  spec: { readonly environment: string; readonly tags: Tags; readonly hatchery: Tags },
): Tags => {
  const environment = found[ENVIRONMENT_TAG];
  const isOwned = SUBJECT_KINDS.some((kind) => found[kindTag(kind)] !== undefined);
  if (isOwned || (environment !== undefined && environment !== spec.environment)) {
    throw foreign(what, found);
  }
  const lacking = lackingTags(found, spec.hatchery);
  if (environment === undefined && !lacksNothing(lacking)) throw unknown(what, lacking);
  return lackingTags(found, { ...spec.tags, [ENVIRONMENT_TAG]: spec.environment });
};

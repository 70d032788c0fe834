/** Who owns what, by all tags that a resource can have: every kind's, the environment's and a run's, ours and others'. */
import { describe, expect, it } from 'vitest';
import { adopt } from '#activities/shared/adopt.ts';
import {
  adoptedTags,
  createdTags,
  ENVIRONMENT_TAG,
  isForeign,
  isOwnedBy,
  kindTag,
  mayRemove,
  type Owner,
  originOf,
  RUN_TAG,
  type SharedOwner,
  type Tags,
} from '#domain/core/ownership.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';

const OURS = { id: 'h.jane', run: 'run-1', environment: 'h' };
const owners: readonly Owner[] = SUBJECT_KINDS.map((kind) => ({ kind, ...OURS }));
const shared: SharedOwner = { kind: 'shared', environment: 'h' };

const choices: readonly (readonly [string, readonly (string | undefined)[]])[] = [
  ...SUBJECT_KINDS.map((kind) => [kindTag(kind), [undefined, 'h.jane', 'h.joe']] as const),
  [ENVIRONMENT_TAG, [undefined, 'h', 'elsewhere']],
  [RUN_TAG, [undefined, 'run-1', 'run-2']],
];

/** 729 of them. */
const allTags: readonly Tags[] = choices.reduce<Tags[]>(
  (sets, [key, values]) =>
    sets.flatMap((tags) => values.map((value) => (value === undefined ? tags : { ...tags, [key]: value }))),
  [{}],
);

/** Keys of tags that say that somebody else owns it. */
const othersTags = (tags: Tags, owner: Owner | SharedOwner): string[] => [
  ...SUBJECT_KINDS.filter(
    (kind) => tags[kindTag(kind)] !== undefined && !(kind === owner.kind && tags[kindTag(kind)] === OURS.id),
  ).map(kindTag),
  ...(['h', undefined].includes(tags[ENVIRONMENT_TAG]) ? [] : [ENVIRONMENT_TAG]),
];

const adopting = (tags: Tags, owner: Owner | SharedOwner): Tags | string => {
  try {
    return adopt({ what: 'queue q', tags }, { owner, tags: { Name: 'n' }, adoptable: { tags: {} } });
  } catch (error) {
    return (error as Error).message;
  }
};

describe.each([...owners, shared])('for $kind', (owner) => {
  it('is foreign what carries any owner’s tag but its own, or another environment’s', () => {
    for (const tags of allTags)
      expect(isForeign(tags, owner), JSON.stringify(tags)).toBe(othersTags(tags, owner).length > 0);
  });

  it('adopts what is not foreign, and never for a run; what is, it names by its other owner', () => {
    for (const tags of allTags) {
      const lacking = adopting(tags, owner);
      const others = othersTags(tags, owner);
      if (typeof lacking === 'string') {
        expect(others, JSON.stringify(tags)).not.toEqual([]);
        const named = others.map((key) => `belongs to ${key.slice('eyrie:'.length)} ${tags[key]};`);
        expect(
          named.some((words) => lacking.includes(words)),
          `${JSON.stringify(tags)}: ${lacking}`,
        ).toBe(true);
      } else {
        expect(others, JSON.stringify(tags)).toEqual([]);
        expect(lacking).not.toHaveProperty([RUN_TAG]);
        expect(isOwnedBy({ ...tags, ...lacking }, owner)).toBe(true);
      }
    }
  });
});

describe.each(owners)('a removal for $kind', (owner) => {
  it('takes nothing foreign; by its run only what that run made', () => {
    for (const tags of allTags) {
      const byRun = mayRemove(tags, owner, { by: 'run', unsureSince: null });
      const byOwner = mayRemove(tags, owner, { by: 'owner', unsureSince: null });
      const isOurs = isOwnedBy(tags, owner) && othersTags(tags, owner).length === 0;
      expect(byOwner, JSON.stringify(tags)).toBe(isOurs);
      expect(byRun, JSON.stringify(tags)).toBe(isOurs && tags[RUN_TAG] === OURS.run);
      if (byRun) expect(originOf(tags, owner)).toBe('created');
    }
  });

  it('finds what its run made, and not what it adopted', () => {
    expect(mayRemove(createdTags(owner), owner, { by: 'run', unsureSince: null })).toBe(true);
    expect(mayRemove(adoptedTags(owner), owner, { by: 'run', unsureSince: null })).toBe(false);
  });
});

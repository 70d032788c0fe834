/**
 * Who owns a resource, by its tags, and what may be done with it.
 *
 * `created`: this run made it (or an earlier try of it). `adopted`: it was there; it gets its owner's tag but never a
 * run's. A run that fails takes away what carries its own tag; a disposal what carries the owner's.
 */
import { SUBJECT_KINDS, type SubjectKind, type SubjectRef } from './subject.ts';

export interface Owner {
  readonly kind: SubjectKind;
  /** For example a workspace's: `<H>.<escaped user>`. */
  readonly id: string;
  /** The id of this run, for example of a launch. */
  readonly run: string;
  /** H: the environment's host name with dots as dashes. */
  readonly environment: string;
}

/** Whom its records, seals and places are about. */
export const subjectOf = ({ kind, id, environment }: Owner): SubjectRef => ({
  kind,
  environment,
  name: id.slice(environment.length + 1),
});

/** Whose what is that all owners of an environment share in an account: nobody takes it away. */
export interface SharedOwner {
  readonly kind: 'shared';
  readonly environment: string;
}

export const RUN_TAG = 'eyrie:launch';
export const ENVIRONMENT_TAG = 'eyrie:environment';

/** `eyrie:workspace`: its value is the owner's id. */
export const kindTag = (kind: SubjectKind): `eyrie:${SubjectKind}` => `eyrie:${kind}`;

/**
 * On what was left to the account on purpose: the id of the owner that it had. It carries no owner's tag any more, so it is
 * nobody's; no removal and no sweep takes it.
 */
export const RETAINED_TAG = 'eyrie:retained';

/** The keys by which something is an owner's. */
export const ownerTagKeys = ({ kind }: Owner): string[] => [kindTag(kind), RUN_TAG, ENVIRONMENT_TAG];

export type Tags = Readonly<Record<string, string>>;

export type Origin = 'created' | 'adopted' | 'shared';

/** Something that exists now because a step wanted it. */
export interface Made {
  /** CloudFormation's name, for example `AWS::Batch::JobQueue`. */
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
  readonly origin: Origin;
}

/** What an undo (`run`) or a disposal (`owner`) may take away. */
export interface Removal {
  readonly by: 'run' | 'owner';
  /**
   * ISO time since which a call that makes the thing may be under way or just over. Until the visibility window has
   * passed after it, "not found" is not believed. Null: it is.
   */
  readonly unsureSince: string | null;
}

/** Tags that an adopted resource gets. */
export const adoptedTags = (owner: Owner | SharedOwner): Tags => ({
  ...(owner.kind !== 'shared' && { [kindTag(owner.kind)]: owner.id }),
  [ENVIRONMENT_TAG]: owner.environment,
});

/** Tags of what this run makes; of what all share, those of the environment. */
export const createdTags = (owner: Owner | SharedOwner): Tags => ({
  ...adoptedTags(owner),
  ...(owner.kind !== 'shared' && { [RUN_TAG]: owner.run }),
});

/** Ours already: by the owner's tag. */
export const isOwnedBy = (tags: Tags, owner: Owner | SharedOwner): boolean =>
  owner.kind === 'shared' ? tags[ENVIRONMENT_TAG] === owner.environment : tags[kindTag(owner.kind)] === owner.id;

/** Another owner, whatever its kind, or another environment has put its tag on it: hands off. */
export const isForeign = (tags: Tags, owner: Owner | SharedOwner): boolean =>
  SUBJECT_KINDS.some((kind) => isDifferent(tags[kindTag(kind)], adoptedTags(owner)[kindTag(kind)])) ||
  isDifferent(tags[ENVIRONMENT_TAG], owner.environment);

const isDifferent = (found: string | undefined, wanted: string | undefined): boolean =>
  found !== undefined && found !== wanted;

/** `created` where this very run made it, else `adopted`: also what an earlier run of the same owner made. */
export const originOf = (tags: Tags, owner: Owner | SharedOwner): Origin => {
  if (owner.kind === 'shared') return 'shared';
  return tags[RUN_TAG] === owner.run && isOwnedBy(tags, owner) ? 'created' : 'adopted';
};

/** May this removal take a resource with these tags? */
export const mayRemove = (tags: Tags, owner: Owner, removal: Removal): boolean =>
  isOwnedBy(tags, owner) && !isForeign(tags, owner) && (removal.by === 'owner' || tags[RUN_TAG] === owner.run);

/** Tags as EC2, IAM and KMS give them. */
export const tagsOf = (
  list: readonly { Key?: string | undefined; Value?: string | undefined; TagKey?: string; TagValue?: string }[] = [],
): Tags => Object.fromEntries(list.map((tag) => [tag.Key ?? tag.TagKey ?? '', tag.Value ?? tag.TagValue ?? '']));

export const tagList = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/**
 * Who owns a resource, by its tags, and what may be done with it.
 *
 * `created`: this launch made it (or an earlier try of it). `adopted`: it was there; it gets the workspace's tag but
 * never a launch's. A failed launch takes away what carries its own launch id; a disposal what carries the workspace's.
 */
export const TAGS = {
  workspace: 'eyrie:workspace',
  launch: 'eyrie:launch',
  environment: 'eyrie:environment',
} as const;

export interface Owner {
  /** The workspace's id, `<H>.<escaped user>`. */
  readonly workspace: string;
  /** The id of this launch. */
  readonly launch: string;
  /** H: the environment's host name with dots as dashes. */
  readonly environment: string;
}

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

/** What an undo (`launch`) or a disposal (`workspace`) may take away. */
export interface Removal {
  readonly by: 'launch' | 'workspace';
  /**
   * ISO time since which a call that makes the thing may be under way or just over. Until the visibility window has
   * passed after it, "not found" is not believed. Null: it is.
   */
  readonly unsureSince: string | null;
}

/** Tags of what this launch makes. */
export const createdTags = (owner: Owner): Tags => ({
  [TAGS.workspace]: owner.workspace,
  [TAGS.launch]: owner.launch,
  [TAGS.environment]: owner.environment,
});

/** Tags that an adopted resource gets. */
export const adoptedTags = (owner: Owner): Tags => ({
  [TAGS.workspace]: owner.workspace,
  [TAGS.environment]: owner.environment,
});

/** Ours already: by this workspace's tag. */
export const isWorkspaces = (tags: Tags, owner: Owner): boolean => tags[TAGS.workspace] === owner.workspace;

/** Another workspace or environment has put its tag on it: hands off. */
export const isForeign = (tags: Tags, owner: Owner): boolean =>
  (tags[TAGS.workspace] !== undefined && tags[TAGS.workspace] !== owner.workspace) ||
  (tags[TAGS.environment] !== undefined && tags[TAGS.environment] !== owner.environment);

/** `created` where this very launch made it, else `adopted`: also what an earlier launch of the workspace made. */
export const originOf = (tags: Tags, owner: Owner): Origin =>
  tags[TAGS.launch] === owner.launch && isWorkspaces(tags, owner) ? 'created' : 'adopted';

/** May this removal take a resource with these tags? */
export const mayRemove = (tags: Tags, owner: Owner, removal: Removal): boolean =>
  isWorkspaces(tags, owner) &&
  !isForeign(tags, owner) &&
  (removal.by === 'workspace' || tags[TAGS.launch] === owner.launch);

/** Tags as EC2, IAM and KMS give them. */
export const tagsOf = (
  list: readonly { Key?: string | undefined; Value?: string | undefined; TagKey?: string; TagValue?: string }[] = [],
): Tags => Object.fromEntries(list.map((tag) => [tag.Key ?? tag.TagKey ?? '', tag.Value ?? tag.TagValue ?? '']));

export const tagList = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

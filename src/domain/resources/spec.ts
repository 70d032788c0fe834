/**
 * What is wanted of one AWS resource, whatever kind of thing it is for: that kind's plan decides names, tags, and what of
 * somebody else's may be adopted.
 */
import type { AccountRef } from '../core/account.ts';
import type { Owner, SharedOwner, Tags } from '../core/ownership.ts';

/**
 * When something that exists under the name and carries no owner's tag is ours to use: with at least these tags, with
 * this description, or never. `{tags: {}}` is always.
 */
export type Adoptable = { readonly tags: Tags } | { readonly description: string } | 'never';

/** Where and for whom. */
export interface Spec {
  readonly account: AccountRef;
  readonly owner: Owner;
}

/** Something with a name that may be there already. */
export interface ResourceSpec extends Spec {
  /** AWS's name of it; on EC2 the tag `Name`, where it has no name of its own. */
  readonly name: string;
  /** What it is to carry besides the owner's tags. */
  readonly tags: Tags;
  readonly adoptable: Adoptable;
}

/** Something that all owners of an environment share in an account: it carries the environment's tag alone. */
export interface SharedSpec extends Omit<ResourceSpec, 'owner'> {
  readonly owner: SharedOwner;
}

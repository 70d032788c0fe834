/**
 * Whether something that exists may be used: ours, or left by Hatchery and adopted. What belongs to others is a conflict
 * and stays as it is.
 */
import { CreateTagsCommand, type ResourceType, type Tag, type TagSpecification } from '@aws-sdk/client-ec2';
import {
  adoptedTags,
  createdTags,
  isForeign,
  isOwnedBy,
  type Made,
  type Owner,
  originOf,
  type Tags,
  tagList,
  tagsOf,
} from '#domain/core/ownership.ts';
import { fail } from '#domain/failures.ts';
import { lackingTags, ownerIn } from '../adopt.ts';
import type { Ec2 } from './find.ts';

export interface Existing {
  /** CloudFormation's name. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly tags: Tag[] | undefined;
}

export interface Wanted {
  readonly owner: Owner;
  /** What it is to carry besides the owner's tags. */
  readonly tags: Tags;
  /** Without tags of ours: does it have all that Hatchery always sets? */
  readonly isHatcherys: boolean;
}

/** The thing with its tags converged. @throws Conflict, and nothing is touched, where it belongs to others. */
export const claim = async (ec2: Ec2, existing: Existing, wanted: Wanted): Promise<Made> => {
  const { type, id, name } = existing;
  const { owner } = wanted;
  const tags = tagsOf(existing.tags);
  if (isForeign(tags, owner)) throw fail('Conflict', foreignText(existing, tags));
  if (!isOwnedBy(tags, owner) && !wanted.isHatcherys) {
    throw fail('Conflict', `${type} ${id} has the name ${name}, but was made neither by Eyrie nor by Hatchery`);
  }
  // The tag of the launch that made it stays: a launch takes away only what it made itself.
  await convergeTags(ec2, id, tags, { ...wanted.tags, ...adoptedTags(owner) });
  return { type, id, name, origin: originOf(tags, owner) };
};

const foreignText = ({ type, id, name }: Existing, tags: Tags): string =>
  `${type} ${id} (${name}) belongs to ${ownerIn(tags)}`;

export const convergeTags = async (ec2: Ec2, id: string, present: Tags, wanted: Tags): Promise<void> => {
  const lacking = tagList(lackingTags(present, wanted));
  if (lacking.length > 0) await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: lacking }));
};

/** Tags that are set by the very call that creates: nothing of ours is ever without. */
export const tagsAtCreation = (
  resourceType: ResourceType,
  { owner, tags = {} }: { readonly owner: Owner; readonly tags?: Tags },
): TagSpecification[] => [{ ResourceType: resourceType, Tags: tagList({ ...tags, ...createdTags(owner) }) }];

/** Does it carry every one of these tags? */
export const carries = (tags: Tag[] | undefined, wanted: Tags): boolean => {
  const present = tagsOf(tags);
  return Object.entries(wanted).every(([key, value]) => present[key] === value);
};

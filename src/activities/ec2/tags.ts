/** Tags of EC2's resources, and adopting what exists by them. */
import { CreateTagsCommand, type ResourceType, type Tag, type TagSpecification } from '@aws-sdk/client-ec2';
import { createdTags, type Made, type Owner, originOf, type Tags, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { adopt, lackingTags } from '../shared/adopt.ts';
import type { Ec2 } from './client.ts';

export interface Existing {
  /** CloudFormation's name. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly tags: Tag[] | undefined;
  readonly description?: string | undefined;
}

/** The thing with its tags converged. @throws Conflict, and nothing is touched, where it is somebody else's. */
export const adoptTagged = async (
  ec2: Ec2,
  { type, id, name, tags, description }: Existing,
  spec: Pick<ResourceSpec, 'owner' | 'tags' | 'adoptable'>,
): Promise<Made> => {
  const found = tagsOf(tags);
  await putTags(ec2, id, adopt({ what: `${type} ${id} (${name})`, tags: found, description }, spec));
  return { type, id, name, origin: originOf(found, spec.owner) };
};

export const convergeTags = (ec2: Ec2, id: string, found: Tags, wanted: Tags): Promise<void> =>
  putTags(ec2, id, lackingTags(found, wanted));

const putTags = async (ec2: Ec2, id: string, tags: Tags): Promise<void> => {
  const Tags = tagList(tags);
  if (Tags.length > 0) await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
};

/** Tags that are set by the very call that creates: nothing of ours is ever without. */
export const tagsAtCreation = (
  resourceType: ResourceType,
  { owner, tags }: { readonly owner: Owner; readonly tags: Tags },
): TagSpecification[] => [{ ResourceType: resourceType, Tags: tagList({ ...tags, ...createdTags(owner) }) }];

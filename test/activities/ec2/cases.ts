/** The cases of what EC2 tags. */
import { CreateTagsCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { adoptedCases, type Bound, type Cases } from '../adopted-cases.ts';
import { createWorld, type World } from './world.ts';

interface Ec2Cases extends Omit<Cases<World>, 'service' | 'open' | 'prepare'> {
  readonly prepare: (world: World) => Promise<Omit<Bound, 'untag'>>;
}

export const resourceCases = (cases: Ec2Cases): void =>
  adoptedCases({
    ...cases,
    service: 'ec2',
    open: createWorld,
    prepare: async (world) => ({
      ...(await cases.prepare(world)),
      untag: (id, keys) =>
        world.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: keys.map((Key) => ({ Key })) })),
    }),
  });

export const tag = (world: World, id: string, tags: Tags) =>
  world.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tagList(tags) }));

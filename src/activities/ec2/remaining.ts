import type { Filter, Tag } from '@aws-sdk/client-ec2';
import { kindTag, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { Spec } from '#domain/resources/spec.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { filters } from './client.ts';

interface Finder<T> {
  readonly find: (Filters: Filter[]) => Promise<readonly T[]>;
  readonly name: (thing: T) => { readonly id: string | undefined; readonly name?: string | undefined };
}

/** Every thing of a kind that carries the owner's tag, whatever it is called. */
export const remainingByTag = async <T extends { readonly Tags?: Tag[] | undefined }>(
  { find, name }: Finder<T>,
  { owner }: Spec,
  by: Removal['by'],
): Promise<Remaining[]> => {
  const found = await find(filters({ [`tag:${kindTag(owner.kind)}`]: owner.id }));
  return remainingOf(
    found.map((thing) => {
      const tags = tagsOf(thing.Tags);
      return { name: tags.Name, ...name(thing), tags };
    }),
    owner,
    by,
  );
};

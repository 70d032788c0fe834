/** Which images the instances of an update start from. */
import type { ComputeResolved } from '#domain/compute/specs.ts';
import type { ComputeOutputs } from '#domain/compute/view.ts';

/**
 * Those that they have: an update of something else is no time to meet another operating system.
 * @param anew pools for which what was found counts
 */
export const withImages = (
  found: ComputeResolved,
  outputs: ComputeOutputs | null,
  anew: readonly string[] = [],
): ComputeResolved => {
  const has = new Map(outputs?.pools.map(({ name, imageId }) => [name, imageId]));
  const images = Object.entries(found.images).map(([pool, image]) => {
    const imageId = anew.includes(pool) ? null : has.get(pool);
    return [pool, imageId ? { ...image, imageId } : image];
  });
  return { ...found, images: Object.fromEntries(images) };
};

/** Pools for which there is another image than the one that they have. */
export const outdated = (found: ComputeResolved, outputs: ComputeOutputs | null): readonly string[] => {
  const has = new Map(outputs?.pools.map(({ name, imageId }) => [name, imageId]));
  return Object.entries(found.images).flatMap(([pool, { imageId }]) => (has.get(pool) === imageId ? [] : [pool]));
};

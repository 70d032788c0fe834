/** What Image Builder offers to EC2. */
import { contract } from '../../core/contract.ts';
import type { ImageSeed } from './seed.ts';

export type SeededImage = ImageSeed['images'][number];

export interface ImageBuilder {
  /** Machine images of the account, for EC2's DescribeImages. */
  images(account: string): readonly SeededImage[];
  /** One more; it takes the place of one of the same id. */
  addImage(account: string, image: SeededImage): void;
}

export const IMAGE_BUILDER = contract<ImageBuilder>('imagebuilder');

/** What Image Builder offers to EC2. */
import { contract } from '../../core/contract.ts';
import type { ImageSeed } from './seed.ts';

export type SeededImage = ImageSeed['images'][number];

export interface ImageBuilder {
  /** Machine images of the account, for EC2's DescribeImages. */
  images(account: string): readonly SeededImage[];
}

export const IMAGE_BUILDER = contract<ImageBuilder>('imagebuilder');

/**
 * What the instances of each pool start from: the image that was given, or the newest one that ECS is optimised for.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
 */
import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '#aws/clients.ts';
import type { ComputePreflightSpec, ComputeResolved, PoolPreflight } from '#domain/compute/specs.ts';
import type { Problem } from '#domain/core/failures.ts';
import { familyOfImage } from '../preflight/image-family.ts';
import { describeImage, readImageParameter } from '../preflight/images.ts';
import { pointerOf } from './pointers.ts';

/** The launch template's root volume is of this name: on an image with another one it would be a second volume. */
const ROOT_DEVICE = '/dev/xvda';

/** By pool; none of Fargate, and none of a pool with a problem. */
export const findImages = async (
  aws: Aws,
  spec: ComputePreflightSpec,
  problems: Problem[],
): Promise<ComputeResolved['images']> => {
  const images: Record<string, ComputeResolved['images'][string]> = {};
  for (const pool of spec.pools) {
    if (pool.type === 'FARGATE') continue;
    const image = await findImage(aws, spec, pool, problems);
    if (image) images[pool.name] = { imageId: image.ImageId ?? '', imageFamily: familyOfImage(image) };
  }
  return images;
};

const findImage = async (
  aws: Aws,
  spec: ComputePreflightSpec,
  pool: PoolPreflight,
  problems: Problem[],
): Promise<Image | undefined> => {
  const pointer = pointerOf(spec, pool, 'imageId');
  const imageId = pool.imageId ?? (await readImageParameter(aws, spec, parameterOf(pool)));
  if (imageId === undefined) {
    const detail = `there is no parameter ${parameterOf(pool)} in ${spec.account.region}: give an image for pool ${pool.name}`;
    problems.push({ pointer, detail });
    return undefined;
  }
  const image = await describeImage(aws.ec2(spec.account), imageId, { pointer, problems });
  if (image) problems.push(...unfit(image, pool).map((detail) => ({ pointer, detail })));
  return image;
};

/** `/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended` */
const parameterOf = ({ architecture, gpu }: Pick<PoolPreflight, 'architecture' | 'gpu'>): string => {
  const variant = gpu ? '/gpu' : architecture === 'arm64' ? '/arm64' : '';
  return `/aws/service/ecs/optimized-ami/amazon-linux-2023${variant}/recommended`;
};

const unfit = (image: Image, { name, architecture, bootGib }: PoolPreflight): string[] => {
  const { ImageId, Architecture, RootDeviceName, RootDeviceType, BlockDeviceMappings = [] } = image;
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeSize;
  const of = `image ${ImageId} of pool ${name}`;
  return [
    ...(Architecture !== undefined && Architecture !== architecture
      ? [`${of} is built for ${Architecture}, not ${architecture}: give one for ${architecture}`]
      : []),
    ...(RootDeviceType !== undefined && RootDeviceType !== 'ebs'
      ? [`${of} has no root volume of EBS: give one that has`]
      : []),
    ...(RootDeviceName !== undefined && RootDeviceName !== ROOT_DEVICE
      ? [`the root device of ${of} is ${RootDeviceName}, not ${ROOT_DEVICE}: give one that is made as Amazon Linux is`]
      : []),
    ...(root !== undefined && bootGib !== null && root > bootGib
      ? [`${of} needs a root volume of ${root} GiB: set ebsBootSize to as much, it is ${bootGib}`]
      : []),
  ];
};

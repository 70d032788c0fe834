/**
 * Images: those that moto knows, and those that were seeded.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
 */
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { IMAGE_BUILDER, type SeededImage } from '../imagebuilder/contract.ts';
import { type Ec2Deps, objectsOf, type Params, textsOf } from './state.ts';

interface Owned {
  readonly owner: string;
  readonly image: SeededImage;
}

/** The account's own images, then those of the other accounts, which are public as far as the sandbox goes. */
const seeded = (world: World, account: string): Owned[] => {
  const { images } = world.service(IMAGE_BUILDER);
  const owners = new Set([account, ...world.accounts()]);
  return [...owners].flatMap((owner) => images(owner).map((image) => ({ owner, image })));
};

export const imageExists = async (world: World, at: { account: string; region: string }, id: string) => {
  if (seeded(world, at.account).some(({ image }) => image.id === id)) return true;
  const ec2 = world.moto(EC2Client, at.account, at.region);
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [id] }] }));
  return Images.length > 0;
};

const described = ({ owner, image: { id, name, architecture } }: Owned): Params => ({
  ImageId: id,
  ImageLocation: `${owner}/${name}`,
  ImageType: 'machine',
  Name: name,
  Architecture: architecture,
  State: 'available',
  OwnerId: owner,
  Public: false,
  PlatformDetails: 'Linux/UNIX',
  Hypervisor: 'xen',
  VirtualizationType: 'hvm',
  EnaSupport: true,
  RootDeviceType: 'ebs',
  RootDeviceName: '/dev/xvda',
  CreationDate: '2026-01-01T00:00:00.000Z',
  BlockDeviceMappings: [
    { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 30, VolumeType: 'gp3', DeleteOnTermination: true } },
  ],
  Tags: [],
});

const FILTERED: Readonly<Record<string, string>> = {
  'image-id': 'ImageId',
  name: 'Name',
  architecture: 'Architecture',
  state: 'State',
  'owner-id': 'OwnerId',
  'virtualization-type': 'VirtualizationType',
  'root-device-type': 'RootDeviceType',
  'image-type': 'ImageType',
  'is-public': 'Public',
};

/** `*` and `?` as in every EC2 filter. */
export const matchesPattern = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(value);

const isWanted = (account: string, image: Params, params: Params): boolean => {
  const owners = textsOf(params, 'Owners');
  if (owners.length > 0 && !owners.some((owner) => (owner === 'self' ? account : owner) === image.OwnerId))
    return false;
  return objectsOf(params, 'Filters').every((filter) => {
    const member = FILTERED[String(filter.Name)];
    return (
      member !== undefined && textsOf(filter, 'Values').some((each) => matchesPattern(each, String(image[member])))
    );
  });
};

export const imageRules = ({ world }: Ec2Deps): Record<string, Rule> => ({
  DescribeImages: async (call, forward) => {
    const own = seeded(world, call.account).map(described);
    const ids = textsOf(call.params, 'ImageIds');
    const named = own.filter(({ ImageId }) => ids.length === 0 || ids.includes(String(ImageId)));
    const others = ids.filter((id) => !named.some(({ ImageId }) => ImageId === id));
    const images = named.filter((image) => isWanted(call.account, image, call.params));
    if (ids.length > 0 && others.length === 0) return world.answer(call, { Images: images });
    const answer = await forward(ids.length > 0 ? { params: { ...call.params, ImageIds: others } } : undefined);
    if (answer.status >= 300 || images.length === 0) return answer;
    const result = world.decode(call, answer);
    return world.answer(call, { ...result, Images: [...images, ...((result.Images ?? []) as Params[])] });
  },
});

export const imageNotFound = (id: string): AwsError =>
  new AwsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);

/** Which image the workers and the proxy start from. A problem is noted, so that all come at once. */
import { DescribeImagesCommand, type Image } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Aws } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';
import { type Ec2, filters } from '../ec2/client.ts';
import { findPipelineImage } from './pipeline-image.ts';

const FIXED = '/nextflow/instance-ami';
const PIPELINE = '/nextflow/instance-ami-builder-arn';
const SQUID = '/settings/squid/image';

/** A fixed image wins over a pipeline's. */
export const findImage = async (aws: Aws, spec: PreflightSpec, problems: Problem[]): Promise<Image | undefined> => {
  const ec2 = aws.ec2(spec.account);
  if (spec.imageId !== null) return await describeImage(ec2, spec.imageId, { pointer: FIXED, problems });
  if (spec.imagePipelineArn === null) {
    problems.push({ pointer: FIXED, detail: 'either instance-ami or instance-ami-builder-arn must be set' });
    return undefined;
  }
  const built = await findPipelineImage(aws, spec);
  if ('problem' in built) {
    problems.push(built.problem);
    return undefined;
  }
  return await describeImage(ec2, built.imageId, { pointer: PIPELINE, problems });
};

/** `ssm:PARAMETER`, or `name:PATTERN` for the newest of Amazon's images of such a name. */
export const findSquidImage = async (
  aws: Aws,
  spec: PreflightSpec & { readonly squidImage: string },
  problems: Problem[],
): Promise<Image | undefined> => {
  const ec2 = aws.ec2(spec.account);
  const [, kind, value = ''] = /^(ssm|name):(.+)$/.exec(spec.squidImage) ?? [];
  if (kind === 'ssm') {
    const imageId = await readImageParameter(aws, spec, value);
    if (imageId !== undefined) return await describeImage(ec2, imageId, { pointer: SQUID, problems });
    problems.push({ pointer: SQUID, detail: `there is no parameter ${value} in ${spec.account.region}` });
    return undefined;
  }
  if (kind !== 'name') {
    problems.push({ pointer: SQUID, detail: `${spec.squidImage} must begin with ssm: or name:` });
    return undefined;
  }
  const newest = await findNewest(ec2, value);
  if (!newest) problems.push({ pointer: SQUID, detail: `Amazon has no image ${value} in ${spec.account.region}` });
  return newest;
};

export const describeImage = async (
  ec2: Ec2,
  imageId: string,
  { pointer, problems }: { readonly pointer: string; readonly problems: Problem[] },
): Promise<Image | undefined> => {
  const image = await ec2
    .send(new DescribeImagesCommand({ ImageIds: [imageId] }))
    .then(({ Images = [] }) => Images[0])
    .catch((error: unknown) => {
      // A malformed id is Invalid, one that is unknown or not shared with this account NotFound.
      if (isNotFound(error) || codeOf(error) === 'Invalid') return undefined;
      throw error;
    });
  if (!image) {
    problems.push({
      pointer,
      detail: `image ${imageId} does not exist, or is not shared with this account and region`,
    });
    return undefined;
  }
  if (image.State !== 'available') {
    problems.push({ pointer, detail: `image ${imageId} is ${image.State}, not available` });
    return undefined;
  }
  return image;
};

/** An image's id, or the JSON of a `recommended` parameter that holds one. */
export const readImageParameter = async (
  aws: Aws,
  { account }: Pick<PreflightSpec, 'account'>,
  Name: string,
): Promise<string | undefined> => {
  const value = await aws
    .ssm(account)
    .send(new GetParameterCommand({ Name }))
    .then(({ Parameter }) => Parameter?.Value?.trim())
    .catch((error: unknown) => {
      if (isNotFound(error) || codeOf(error) === 'Invalid') return undefined;
      throw error;
    });
  return value === undefined ? undefined : /\bami-[0-9a-f]+\b/.exec(value)?.[0];
};

const findNewest = async (ec2: Ec2, name: string): Promise<Image | undefined> => {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['amazon'],
      Filters: filters({ name, state: 'available', architecture: 'x86_64' }),
    }),
  );
  const age = ({ CreationDate = '' }: Image): number => Date.parse(CreationDate) || 0;
  return Images.toSorted((one, other) => age(other) - age(one))[0];
};

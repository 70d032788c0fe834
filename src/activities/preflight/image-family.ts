/** Amazon Linux 2 or 2023? Batch's image types, the user data and the path of the AWS CLI follow from it. */
import { type ComputeEnvironmentDetail, DescribeComputeEnvironmentsCommand } from '@aws-sdk/client-batch';
import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '#aws/clients.ts';
import type { ImageFamily } from '#domain/resources/instance.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';

/** What an environment that exists says of itself, else what the image says; else the current one. */
export const findImageFamily = async (
  aws: Aws,
  spec: PreflightSpec,
  image: Image | undefined,
): Promise<ImageFamily> => {
  const { computeEnvironments = [] } = await aws
    .batch(spec.account)
    .send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [spec.computeEnvironment] }));
  const existing = computeEnvironments.find(({ status }) => status !== 'DELETED');
  return familyOfEnvironment(existing) ?? familyOfImage(image);
};

const familyOfEnvironment = (existing: ComputeEnvironmentDetail | undefined): ImageFamily | undefined => {
  const types = (existing?.computeResources?.ec2Configuration ?? []).map(({ imageType = '' }) => imageType);
  if (types.some((type) => type.startsWith('ECS_AL2023'))) return 'AL2023';
  return types.some((type) => /^ECS_AL2(_|$)/.test(type)) ? 'AL2' : undefined;
};

/** `amzn2-ami-ecs-hvm-…`, `Amazon Linux 2 AMI …`, `nextflow-al2`: the digit must not go on. */
const AL2 = /\b(amzn2|al2|amazon[ -]?linux[ -]?2)\b/i;

export const familyOfImage = ({ Name = '', Description = '' }: Image = {}): ImageFamily =>
  AL2.test(`${Name} ${Description}`) ? 'AL2' : 'AL2023';

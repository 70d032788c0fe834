/** Can instances of these types start from this image? */
import { DescribeInstanceTypesCommand, type Image } from '@aws-sdk/client-ec2';
import { collect } from '#aws/pages.ts';
import type { Problem } from '#domain/core/failures.ts';
import { architectureChosenByBatch } from '#domain/resources/instance-types.ts';
import { type Ec2, filters } from '../ec2/client.ts';

interface Fit {
  readonly image: Image;
  readonly instanceTypes: readonly string[];
  readonly pointer: string;
}

export const checkArchitecture = async (
  ec2: Ec2,
  { image, instanceTypes, pointer }: Fit,
  problems: Problem[],
): Promise<void> => {
  const { ImageId, Architecture } = image;
  if (Architecture === undefined) return;
  for (const type of instanceTypes) {
    const supported = await findArchitectures(ec2, type);
    // Nothing is known of a type that does not exist: the look at the zones says so.
    if (supported.size === 0 || supported.has(Architecture)) continue;
    const detail = `image ${ImageId} is built for ${Architecture}, instance type ${type} for ${[...supported].join(', ')}`;
    problems.push({ pointer, detail });
  }
};

const findArchitectures = async (ec2: Ec2, type: string): Promise<ReadonlySet<string>> => {
  const chosen = architectureChosenByBatch(type);
  if (chosen !== undefined) return new Set([chosen]);
  const pattern = type.includes('.') ? type : `${type}.*`;
  const types = await collect(async (NextToken) => {
    const Filters = filters({ 'instance-type': pattern });
    const answer = await ec2.send(new DescribeInstanceTypesCommand({ Filters, NextToken }));
    return { items: answer.InstanceTypes, next: answer.NextToken };
  });
  return new Set(types.flatMap(({ ProcessorInfo }) => ProcessorInfo?.SupportedArchitectures ?? []));
};

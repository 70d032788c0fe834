/** Do the instance types exist where the subnets are, and are they what the pools say that they are? */
import {
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  type InstanceTypeInfo,
} from '@aws-sdk/client-ec2';
import type { Aws } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';
import type { ComputePreflightSpec, PoolPreflight } from '#domain/compute/specs.ts';
import type { Problem } from '#domain/core/failures.ts';
import { architectureChosenByBatch, isChosenByBatch, matchesType } from '#domain/resources/instance-types.ts';
import { type Ec2, filters } from '../ec2/client.ts';
import { checkVcpus } from '../preflight/vcpus.ts';
import { pointerOf } from './pointers.ts';

export const checkInstances = async (
  aws: Aws,
  spec: ComputePreflightSpec,
  zones: readonly string[],
  problems: Problem[],
): Promise<void> => {
  const ec2 = aws.ec2(spec.account);
  const pools = spec.pools.filter(({ type }) => type !== 'FARGATE');
  const wanted = [...new Set(pools.flatMap(({ instanceTypes }) => instanceTypes))].filter(
    (type) => !isChosenByBatch(type),
  );
  const offered = await findOffered(ec2, wanted, zones);
  const known = await findTypes(ec2, wanted);
  for (const pool of pools) {
    const pointer = pointerOf(spec, pool, 'instanceTypes');
    for (const type of pool.instanceTypes) {
      const detail = unfit(type, pool, { offered, known, zones });
      if (detail !== undefined) problems.push({ pointer, detail });
    }
    problems.push(...(await checkQuotas(aws, spec, pool)));
  }
};

interface Facts {
  /** Types that one of the zones has. */
  readonly offered: ReadonlySet<string>;
  readonly known: readonly InstanceTypeInfo[];
  readonly zones: readonly string[];
}

/** What keeps instances of a pool from being of this type, in words. */
const unfit = (wanted: string, { architecture, gpu, name }: PoolPreflight, facts: Facts): string | undefined => {
  if (isChosenByBatch(wanted)) {
    const chosen = architectureChosenByBatch(wanted);
    return chosen === architecture
      ? undefined
      : `${wanted} stands for types of ${chosen}, pool ${name} is ${architecture}`;
  }
  const offered = [...facts.offered].filter((type) => matchesType(wanted, type));
  if (offered.length === 0) {
    const where = facts.zones.length > 0 ? ` in ${facts.zones.join(', ')}, where the subnets are` : '';
    return `instance type ${wanted} is not offered${where}: choose another type, or subnets in other zones`;
  }
  const types = facts.known.filter(({ InstanceType = '' }) => offered.includes(InstanceType));
  const supports = (type: InstanceTypeInfo) =>
    type.ProcessorInfo?.SupportedArchitectures?.some((each) => each === architecture) ?? true;
  if (types.length > 0 && !types.some(supports)) {
    const built = [...new Set(types.flatMap(({ ProcessorInfo }) => ProcessorInfo?.SupportedArchitectures ?? []))];
    return `instance type ${wanted} is ${built.join(', ')}, and pool ${name} is ${architecture}: choose types of one architecture`;
  }
  if (gpu && types.length > 0 && !types.some(hasNvidia)) {
    return `instance type ${wanted} has no NVIDIA GPU, and pool ${name} runs the image for GPUs: choose types that have one`;
  }
  return undefined;
};

/** The image for GPUs has NVIDIA's drivers. */
const hasNvidia = ({ GpuInfo }: InstanceTypeInfo): boolean =>
  GpuInfo?.Gpus?.some(({ Manufacturer }) => Manufacturer?.toUpperCase() === 'NVIDIA') ?? false;

const patternsOf = (wanted: readonly string[]): string[] =>
  wanted.map((type) => (type.includes('.') ? type : `${type}.*`));

const findOffered = async (ec2: Ec2, wanted: readonly string[], zones: readonly string[]): Promise<Set<string>> => {
  if (wanted.length === 0) return new Set();
  const offerings = await collect(async (NextToken) => {
    const Filters = filters({
      'instance-type': patternsOf(wanted),
      // Which VPC it is may not be known: then the whole region counts.
      ...(zones.length > 0 && { location: zones }),
    });
    const command = { LocationType: 'availability-zone' as const, Filters, NextToken };
    const answer = await ec2.send(new DescribeInstanceTypeOfferingsCommand(command));
    return { items: answer.InstanceTypeOfferings, next: answer.NextToken };
  });
  return new Set(offerings.map(({ InstanceType = '' }) => InstanceType));
};

const findTypes = async (ec2: Ec2, wanted: readonly string[]): Promise<InstanceTypeInfo[]> =>
  wanted.length === 0
    ? []
    : await collect(async (NextToken) => {
        const Filters = filters({ 'instance-type': patternsOf(wanted) });
        const answer = await ec2.send(new DescribeInstanceTypesCommand({ Filters, NextToken }));
        return { items: answer.InstanceTypes, next: answer.NextToken };
      });

const checkQuotas = async (aws: Aws, spec: ComputePreflightSpec, pool: PoolPreflight): Promise<Problem[]> => {
  const { instanceTypes, type, maxvCpus } = pool;
  const provisioning = type === 'SPOT' ? 'SPOT' : 'EC2';
  const asked = {
    account: spec.account,
    instanceTypes,
    provisioning,
    minvCpus: 0,
    maxvCpus,
    squidInstanceType: null,
  } as const;
  const pointer = pointerOf(spec, pool, 'instanceTypes');
  return (await checkVcpus(aws, asked)).map(({ detail }) => ({ pointer, detail }));
};

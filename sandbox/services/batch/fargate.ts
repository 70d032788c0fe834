/**
 * What a container on Fargate needs, and what it can't have.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
 */
import type { ContainerProperties } from '@aws-sdk/client-batch';
import { invalidParameter } from './state.ts';

/** MiB by vCPUs: smallest, largest, step. */
const MEMORY: Readonly<Record<string, readonly [number, number, number]>> = {
  '0.25': [512, 2_048, 512],
  '0.5': [1_024, 4_096, 1_024],
  '1': [2_048, 8_192, 1_024],
  '2': [4_096, 16_384, 1_024],
  '4': [8_192, 30_720, 1_024],
  '8': [16_384, 61_440, 4_096],
  '16': [32_768, 122_880, 8_192],
};
/** Not a multiple of its step. */
const EXCLUDED = new Set(['0.25/1536']);
const LOG_DRIVERS = ['awslogs', 'splunk'];

/** @throws AwsError ClientException */
export const checkFargate = (container: ContainerProperties): void => {
  if (!container.executionRoleArn) throw invalidParameter('executionRoleArn must be specified for FARGATE jobs');
  if (container.vcpus !== undefined || container.memory !== undefined) {
    throw invalidParameter('vcpus and memory must be given as resourceRequirements for FARGATE jobs');
  }
  const given = ['privileged', 'instanceType', 'ulimits', 'linuxParameters'] as const;
  const foreign = given.filter((name) => container[name] && !(name === 'linuxParameters' && isInitOnly(container)));
  if (foreign.length > 0) throw invalidParameter(`${foreign.join(', ')} must not be specified for FARGATE jobs`);
  const driver = container.logConfiguration?.logDriver;
  if (driver && !LOG_DRIVERS.includes(driver))
    throw invalidParameter(`The log driver ${driver} is not supported on FARGATE`);
  checkSize(container);
};

const isInitOnly = ({ linuxParameters }: ContainerProperties): boolean =>
  Object.keys(linuxParameters ?? {}).every((name) => name === 'initProcessEnabled');

const checkSize = ({ resourceRequirements = [] }: ContainerProperties): void => {
  const amountOf = (type: string): number => Number(resourceRequirements.find((each) => each.type === type)?.value);
  if (resourceRequirements.some(({ type }) => type === 'GPU')) {
    throw invalidParameter('GPU is not supported for FARGATE jobs');
  }
  const [vcpus, memory] = [amountOf('VCPU'), amountOf('MEMORY')];
  const [min, max, step] = MEMORY[String(vcpus)] ?? [];
  const fits =
    min !== undefined &&
    max !== undefined &&
    step !== undefined &&
    memory >= min &&
    memory <= max &&
    memory % step === 0;
  if (!fits || EXCLUDED.has(`${vcpus}/${memory}`)) {
    throw invalidParameter(`VCPU ${vcpus} and MEMORY ${memory} is not a combination that FARGATE supports`);
  }
};

/** What the canary's container is like: as little as the platform takes, with its log where those of all jobs go. */
import type { ContainerProperties } from '@aws-sdk/client-batch';
import type { CanarySpec } from '#domain/resources/batch.ts';

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html */
export const canaryContainer = (spec: CanarySpec, executionRoleArn: string | null): ContainerProperties => ({
  image: spec.image,
  command: [...spec.command],
  resourceRequirements: [
    { type: 'VCPU', value: String(spec.vcpus) },
    { type: 'MEMORY', value: String(spec.memoryMib) },
  ],
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': spec.logGroup,
      'awslogs-region': spec.account.region,
      'awslogs-stream-prefix': spec.name,
    },
  },
  ...(executionRoleArn !== null && { executionRoleArn }),
  ...(spec.jobRoleArn !== null && { jobRoleArn: spec.jobRoleArn }),
  // As Nextflow has it for its jobs: behind a NAT gateway it changes nothing, without one there is no other way out.
  ...(spec.platform === 'FARGATE' && { networkConfiguration: { assignPublicIp: 'ENABLED' } }),
});

/**
 * What Batch's workers call by themselves: the control plane of ECS, registry and log. Layers of images come from S3.
 * Their credentials come from the instance, so STS is not among them.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/vpc-interface-endpoints.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
 */
export const WORKER_SERVICES = ['ecs', 'ecs-agent', 'ecs-telemetry', 'ecr.api', 'ecr.dkr', 'logs'] as const;

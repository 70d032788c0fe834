/** What Batch refuses at once, from the request alone. Whether roles, subnets and images exist is found out later. */
import type { ComputeResource, CreateComputeEnvironmentCommandInput } from '@aws-sdk/client-batch';
import { architectures } from './architecture.ts';
import { checkName, checkOneOf, checkTags, invalidParameter } from './state.ts';

const TYPES = ['MANAGED', 'UNMANAGED'];
export const STATES = ['ENABLED', 'DISABLED'];
const RESOURCE_TYPES = ['EC2', 'SPOT', 'FARGATE', 'FARGATE_SPOT'];
const STRATEGIES = [
  'BEST_FIT',
  'BEST_FIT_PROGRESSIVE',
  'BEST_FIT_PROGRESSIVE_ORDERED',
  'SPOT_CAPACITY_OPTIMIZED',
  'SPOT_CAPACITY_OPTIMIZED_PRIORITIZED',
  'SPOT_PRICE_CAPACITY_OPTIMIZED',
];
const IMAGE_TYPES = ['ECS_AL2', 'ECS_AL2_NVIDIA', 'ECS_AL2023', 'ECS_AL2023_NVIDIA', 'ECS_AL1'];
/** Fields that describe instances, which Fargate has none of. */
const INSTANCE_FIELDS = [
  'allocationStrategy',
  'bidPercentage',
  'desiredvCpus',
  'ec2Configuration',
  'ec2KeyPair',
  'imageId',
  'instanceRole',
  'instanceTypes',
  'launchTemplate',
  'minvCpus',
  'placementGroup',
  'spotIamFleetRole',
  'tags',
] as const satisfies readonly (keyof ComputeResource)[];

export const isFargate = (resources: Pick<ComputeResource, 'type'>): boolean =>
  Boolean(resources.type?.startsWith('FARGATE'));

export const validateCreate = (input: CreateComputeEnvironmentCommandInput): void => {
  checkName(input.computeEnvironmentName, 'computeEnvironmentName');
  if (!input.type) throw invalidParameter('type must not be null');
  checkOneOf(input.type, TYPES, 'type');
  checkOneOf(input.state, STATES, 'state');
  if (input.type === 'UNMANAGED') {
    if (input.computeResources) {
      throw invalidParameter('computeResources must not be specified for an UNMANAGED compute environment');
    }
    return;
  }
  if (input.unmanagedvCpus !== undefined) {
    throw invalidParameter('unmanagedvCpus can only be specified for an UNMANAGED compute environment');
  }
  if (!input.computeResources) {
    throw invalidParameter('computeResources must be provided for a MANAGED compute environment');
  }
  validateResources(input.computeResources);
};

/** Also called with the result of an update. */
export const validateResources = (resources: ComputeResource): void => {
  if (!resources.type) throw invalidParameter('computeResources.type must not be null');
  checkOneOf(resources.type, RESOURCE_TYPES, 'computeResources.type');
  validateCpus(resources);
  if (!resources.subnets?.length) throw invalidParameter('At least one subnet must be provided');
  if (resources.subnets.length > 16) throw invalidParameter('At most 16 subnets can be provided');
  if ((resources.securityGroupIds?.length ?? 0) > 5)
    throw invalidParameter('At most 5 security groups can be provided');
  if (isFargate(resources)) validateFargate(resources);
  else validateInstances(resources);
};

const validateCpus = ({ minvCpus, maxvCpus, desiredvCpus, type }: ComputeResource): void => {
  if (maxvCpus === undefined) throw invalidParameter('maxvCpus must not be null');
  for (const [name, value] of Object.entries({ minvCpus, maxvCpus, desiredvCpus })) {
    if (value !== undefined && (!Number.isInteger(value) || value < 0)) {
      throw invalidParameter(`${name} must be a non-negative integer`);
    }
  }
  if (isFargate({ type })) {
    if (maxvCpus < 1) throw invalidParameter('maxvCpus must be greater than 0 for FARGATE and FARGATE_SPOT');
    return;
  }
  if ((minvCpus ?? 0) > maxvCpus) throw invalidParameter('minvCpus must be less than or equal to maxvCpus');
  if (desiredvCpus !== undefined && (desiredvCpus < (minvCpus ?? 0) || desiredvCpus > maxvCpus)) {
    throw invalidParameter('desiredvCpus must be between minvCpus and maxvCpus');
  }
};

const validateFargate = (resources: ComputeResource): void => {
  const given = INSTANCE_FIELDS.filter((field) => resources[field] !== undefined);
  if (given.length > 0) {
    throw invalidParameter(`${given.join(', ')} must not be specified for FARGATE and FARGATE_SPOT compute resources`);
  }
  if (!resources.securityGroupIds?.length) throw invalidParameter('At least one security group must be provided');
};

const validateInstances = (resources: ComputeResource): void => {
  if (!resources.instanceTypes?.length) throw invalidParameter('instanceTypes must not be empty');
  if (architectures(resources).size > 1) {
    throw invalidParameter('Instance types of different architectures cannot be mixed in a compute environment');
  }
  if (!resources.instanceRole) throw invalidParameter('instanceRole must not be null');
  if (/^arn:[^:]+:iam::\d*:role\//.test(resources.instanceRole)) {
    throw invalidParameter('The ECS Instance Role should be an ECS Instance Profile ARN.');
  }
  validateStrategy(resources);
  if (resources.tags) checkTags(resources.tags);
  validateImages(resources);
  const template = resources.launchTemplate;
  if (template && Boolean(template.launchTemplateId) === Boolean(template.launchTemplateName)) {
    throw invalidParameter('Either launchTemplateId or launchTemplateName must be specified, but not both');
  }
  if (!template && !resources.securityGroupIds?.length) {
    throw invalidParameter('At least one security group must be provided');
  }
};

const validateStrategy = ({ type, allocationStrategy, bidPercentage, spotIamFleetRole }: ComputeResource): void => {
  checkOneOf(allocationStrategy, STRATEGIES, 'allocationStrategy');
  if (type === 'EC2' && allocationStrategy?.startsWith('SPOT_')) {
    throw invalidParameter(`allocationStrategy ${allocationStrategy} can only be used with SPOT compute resources`);
  }
  if (type === 'SPOT' && (allocationStrategy ?? 'BEST_FIT') === 'BEST_FIT' && !spotIamFleetRole) {
    throw invalidParameter('spotIamFleetRole is required for SPOT compute resources with the BEST_FIT strategy');
  }
  if (bidPercentage !== undefined && !(bidPercentage >= 0 && bidPercentage <= 100)) {
    throw invalidParameter('bidPercentage must be between 0 and 100');
  }
};

const validateImages = ({ ec2Configuration = [] }: ComputeResource): void => {
  if (ec2Configuration.length > 2) throw invalidParameter('At most 2 ec2Configuration objects can be specified');
  for (const { imageType, imageIdOverride } of ec2Configuration) {
    if (!imageType) throw invalidParameter('imageType must not be null');
    checkOneOf(imageType, IMAGE_TYPES, 'imageType');
    if (imageIdOverride !== undefined && !imageIdOverride.startsWith('ami-')) {
      throw invalidParameter(`imageIdOverride ${imageIdOverride} is not an AMI id`);
    }
  }
  const types = ec2Configuration.map(({ imageType }) => imageType);
  if (new Set(types).size < types.length) throw invalidParameter('imageType must be unique in ec2Configuration');
};

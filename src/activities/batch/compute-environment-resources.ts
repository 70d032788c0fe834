/** What a compute environment is to be made of, and what of it an existing one lacks. */
import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  ComputeResourceUpdate,
  Ec2Configuration,
  UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import { adoptedTags, RUN_TAG, type Tags } from '#domain/core/ownership.ts';
import type { ComputeEnvironmentParts, ComputeEnvironmentSpec } from '#domain/resources/batch.ts';
import type { ImageFamily } from '#domain/resources/instance.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';

/** Both, with the same image: Batch takes the second for instance types with a GPU. */
const IMAGE_TYPES: Readonly<Record<ImageFamily, readonly string[]>> = {
  AL2023: ['ECS_AL2023', 'ECS_AL2023_NVIDIA'],
  AL2: ['ECS_AL2', 'ECS_AL2_NVIDIA'],
};

const STRATEGIES = { EC2: 'BEST_FIT_PROGRESSIVE', SPOT: 'SPOT_PRICE_CAPACITY_OPTIMIZED' } as const;

/** Batch's own, which a new environment has: an update policy can't be given at creation. */
const DEFAULT_UPDATE_POLICY: ComputeEnvironmentSpec['updatePolicy'] = {
  jobExecutionTimeoutMinutes: 30,
  terminateJobsOnUpdate: false,
};

export const wantedResources = (spec: ComputeEnvironmentSpec, parts: ComputeEnvironmentParts) =>
  ({
    type: spec.type,
    allocationStrategy: STRATEGIES[spec.type],
    minvCpus: spec.minvCpus,
    maxvCpus: spec.maxvCpus,
    instanceTypes: [...spec.instanceTypes],
    instanceRole: parts.instanceProfileArn,
    subnets: [...parts.subnetIds],
    securityGroupIds: [...parts.securityGroupIds],
    launchTemplate: { launchTemplateId: parts.launchTemplate.id, version: parts.launchTemplate.version },
    ec2Configuration: images(IMAGE_TYPES[parts.imageFamily], parts.imageId),
    tags: workerTags(spec),
  }) satisfies ComputeResource;

const images = (types: readonly (string | undefined)[], imageIdOverride: string): Ec2Configuration[] =>
  types.map((imageType) => ({ imageType, imageIdOverride }));

/** Without the launch's tag: a change of tags replaces the workers, so each relaunch would. */
const workerTags = ({ tags, owner }: ComputeEnvironmentSpec): Record<string, string> => ({
  ...tags,
  ...adoptedTags(owner),
});

/** Only Eyrie's own launches put this tag on. */
const isAdopted = (tags: Tags): boolean => tags[RUN_TAG] === undefined;

/** The update that makes it so; undefined where nothing differs. */
export const updateFor = (
  found: ComputeEnvironmentDetail,
  spec: ComputeEnvironmentSpec,
  parts: ComputeEnvironmentParts,
): UpdateComputeEnvironmentCommandInput | undefined => {
  const computeResources = resourcesUpdate(found, spec, parts);
  const update = {
    ...(found.state !== 'ENABLED' && { state: 'ENABLED' as const }),
    ...(Object.keys(computeResources).length > 0 && { computeResources }),
    ...(lacksUpdatePolicy(spec, found.updatePolicy) && { updatePolicy: spec.updatePolicy }),
  };
  if (Object.keys(update).length > 0) return { computeEnvironment: spec.name, ...update };
  // Any update makes Batch look again, so what has been repaired beneath it turns VALID.
  return found.status === 'INVALID' ? revalidation(spec.name) : undefined;
};

export const revalidation = (name: string): UpdateComputeEnvironmentCommandInput => ({
  computeEnvironment: name,
  state: 'ENABLED',
});

export const lacksUpdatePolicy = (
  { updatePolicy: wanted }: ComputeEnvironmentSpec,
  found: ComputeEnvironmentDetail['updatePolicy'] = DEFAULT_UPDATE_POLICY,
): boolean =>
  found.jobExecutionTimeoutMinutes !== wanted.jobExecutionTimeoutMinutes ||
  found.terminateJobsOnUpdate !== wanted.terminateJobsOnUpdate;

/** The fields that differ, and no others: one too many can turn a change of size into a replacement of all workers. */
const resourcesUpdate = (
  { computeResources: has, tags = {} }: ComputeEnvironmentDetail,
  spec: ComputeEnvironmentSpec,
  parts: ComputeEnvironmentParts,
): ComputeResourceUpdate => {
  const { allocationStrategy, ec2Configuration, ...wanted } = wantedResources(spec, parts);
  const keep = isAdopted(tags) && (has?.ec2Configuration?.length ?? 0) > 0;
  const all: ComputeResourceUpdate = {
    ...wanted,
    ...(!isAdopted(tags) && { allocationStrategy }),
    ec2Configuration: keep
      ? images(has?.ec2Configuration?.map(({ imageType }) => imageType) ?? [], parts.imageId)
      : ec2Configuration,
  };
  return differing(all, has);
};

/** What a launch converges of an environment's resources. */
export const RESOURCE_FIELDS = [
  'type',
  'allocationStrategy',
  'minvCpus',
  'maxvCpus',
  'instanceTypes',
  'instanceRole',
  'subnets',
  'securityGroupIds',
  'launchTemplate',
  'ec2Configuration',
  'tags',
] as const satisfies readonly (keyof ReturnType<typeof wantedResources>)[];

/** The wanted fields that the environment has otherwise. */
export const differing = (
  wanted: ComputeResourceUpdate,
  has: Partial<ComputeResource> | undefined,
): ComputeResourceUpdate =>
  Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) => !isSame(field, value, has?.[field as keyof ComputeResource])),
  );

/** A profile may be named or given by its ARN. */
const isSame = (field: string, wanted: unknown, found: unknown): boolean =>
  field === 'instanceRole' ? lastPart(wanted) === lastPart(found) : holdsWhatWasSent(wanted, found);

const lastPart = (nameOrArn: unknown): string => String(nameOrArn).split('/').at(-1) ?? '';

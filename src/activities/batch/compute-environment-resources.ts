/** What a compute environment is to be made of, and what of it an existing one lacks. */
import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  ComputeResourceUpdate,
  Ec2Configuration,
  UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import { fail } from '#domain/core/failures.ts';
import { adoptedTags, RUN_TAG, type Tags } from '#domain/core/ownership.ts';
import {
  type AllocationStrategy,
  allocationStrategyOf,
  type ComputeEnvironmentParts,
  type ComputeEnvironmentSpec,
} from '#domain/resources/batch.ts';
import type { ImageFamily } from '#domain/resources/instance.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import { holdsWhatWasSent } from '../shared/sent.ts';

/** Both, with the same image: Batch takes the second for instance types with a GPU. */
const IMAGE_TYPES: Readonly<Record<ImageFamily, readonly string[]>> = {
  AL2023: ['ECS_AL2023', 'ECS_AL2023_NVIDIA'],
  AL2: ['ECS_AL2', 'ECS_AL2_NVIDIA'],
};

/** An image for GPUs is of no use to other instance types. */
const GPU_IMAGE_TYPES: Readonly<Record<ImageFamily, readonly string[]>> = {
  AL2023: ['ECS_AL2023_NVIDIA'],
  AL2: ['ECS_AL2_NVIDIA'],
};

/** Batch's own, which a new environment has: an update policy can't be given at creation. */
const DEFAULT_UPDATE_POLICY: ComputeEnvironmentSpec['updatePolicy'] = {
  jobExecutionTimeoutMinutes: 30,
  terminateJobsOnUpdate: false,
};

export const wantedResources = (spec: ComputeEnvironmentSpec, parts: ComputeEnvironmentParts) =>
  ({
    type: spec.type,
    allocationStrategy: allocationStrategyOf(spec),
    minvCpus: spec.minvCpus,
    maxvCpus: spec.maxvCpus,
    instanceTypes: [...spec.instanceTypes],
    instanceRole: parts.instanceProfileArn,
    subnets: [...parts.subnetIds],
    securityGroupIds: [...parts.securityGroupIds],
    launchTemplate: { launchTemplateId: parts.launchTemplate.id, version: parts.launchTemplate.version },
    ec2Configuration: images((spec.gpu ? GPU_IMAGE_TYPES : IMAGE_TYPES)[parts.imageFamily], parts.imageId),
    tags: workerTags(spec),
    ...(spec.type === 'SPOT' && spec.bidPercentage !== undefined && { bidPercentage: spec.bidPercentage }),
    ...(spec.keyPair !== undefined && { ec2KeyPair: spec.keyPair }),
    ...(parts.spotFleetRoleArn !== undefined && { spotIamFleetRole: parts.spotFleetRoleArn }),
  }) satisfies ComputeResource;

/** What it is set back to where its spec leaves it out: only of what was made for its owner, down to the last setting. */
const leftOut = (spec: ComputeEnvironmentSpec, has: ComputeResource | undefined): ComputeResourceUpdate => ({
  ...(spec.keyPair === undefined && has?.ec2KeyPair && { ec2KeyPair: '' }),
  ...(spec.bidPercentage === undefined && has?.bidPercentage && { bidPercentage: 100 }),
});

const images = (types: readonly (string | undefined)[], imageIdOverride: string): Ec2Configuration[] =>
  types.map((imageType) => ({ imageType, imageIdOverride }));

/** Without the launch's tag: a change of tags replaces the workers, so each relaunch would. */
const workerTags = ({ tags, instanceTags = tags, owner }: ComputeEnvironmentSpec): Record<string, string> => ({
  ...instanceTags,
  ...adoptedTags(owner),
});

/** Only Eyrie's own launches put this tag on. */
const isAdopted = (tags: Tags): boolean => tags[RUN_TAG] === undefined;

/**
 * The update that makes it so; undefined where nothing differs. @throws DisposeFirst where what differs can't be changed
 * while the environment exists.
 */
export const updateFor = (
  found: ComputeEnvironmentDetail,
  spec: ComputeEnvironmentSpec,
  parts: ComputeEnvironmentParts,
): UpdateComputeEnvironmentCommandInput | undefined => {
  assertSameRole(found, spec, parts.serviceRoleArn ?? null);
  const computeResources = resourcesUpdate(found, spec, parts);
  assertUpdatable(found, spec.name, computeResources);
  return updateOf(found, spec.name, {
    ...(Object.keys(computeResources).length > 0 && { computeResources }),
    ...(lacksUpdatePolicy(spec, found.updatePolicy) && { updatePolicy: spec.updatePolicy }),
  });
};

/** With what else it lacks; undefined where that is nothing. */
export const updateOf = (
  found: ComputeEnvironmentDetail,
  name: string,
  changes: Omit<UpdateComputeEnvironmentCommandInput, 'computeEnvironment'>,
): UpdateComputeEnvironmentCommandInput | undefined => {
  const update = { ...(found.state !== 'ENABLED' && { state: 'ENABLED' as const }), ...changes };
  if (Object.keys(update).length > 0) return { computeEnvironment: name, ...update };
  // Any update makes Batch look again, so what has been repaired beneath it turns VALID.
  return found.status === 'INVALID' ? revalidation(name, 'ENABLED') : undefined;
};

export const revalidation = (
  name: string,
  state: ComputeEnvironmentDetail['state'],
): UpdateComputeEnvironmentCommandInput => ({ computeEnvironment: name, state });

const LINKED_ROLE = /\/AWSServiceRoleForBatch$/;

/** A customer's; null: the service-linked one, also where Batch does not say. */
const ownRoleOf = ({ serviceRole }: Pick<ComputeEnvironmentDetail, 'serviceRole'>): string | null =>
  serviceRole === undefined || LINKED_ROLE.test(serviceRole) ? null : serviceRole;

/** Batch exchanges neither its service-linked role for one of a customer's nor the other way round. */
export const assertSameRole = (
  found: ComputeEnvironmentDetail,
  { name, adoptable }: ResourceSpec,
  wanted: string | null,
): void => {
  const has = ownRoleOf(found);
  if (adoptable !== 'never' || (has === null) === (wanted === null)) return;
  throw replaceFirst(name, `Batch works on it as ${has ?? 'its service-linked role'}`);
};

/** @see https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html */
const assertUpdatable = (found: ComputeEnvironmentDetail, name: string, update: ComputeResourceUpdate): void => {
  const { computeResources } = found;
  const replacing = exchanging(update);
  if (replacing.length === 0) return;
  const what = replacing.join(', ');
  if (computeResources?.type?.startsWith('FARGATE')) throw replaceFirst(name, `it is of type ${computeResources.type}`);
  if (computeResources?.allocationStrategy === 'BEST_FIT') throw replaceFirst(name, `BEST_FIT keeps its ${what}`);
  if (ownRoleOf(found) !== null) throw replaceFirst(name, `with a service role of its own it keeps its ${what}`);
};

/** They change at once and leave the instances alone. */
const SIZES = ['minvCpus', 'maxvCpus', 'desiredvCpus'];

/** For which fields Batch exchanges the instances. */
export const exchanging = (update: object): string[] => Object.keys(update).filter((field) => !SIZES.includes(field));

const replaceFirst = (name: string, why: string) =>
  fail(
    'DisposeFirst',
    `compute environment ${name} can't be changed to what is wanted, another has to take its place: ${why}`,
  );

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
  const { allocationStrategy, ec2Configuration, spotIamFleetRole: _, ...wanted } = wantedResources(spec, parts);
  const keep = isAdopted(tags) && (has?.ec2Configuration?.length ?? 0) > 0;
  const all: ComputeResourceUpdate = {
    ...wanted,
    ...(!isAdopted(tags) && strategyUpdate(spec.name, allocationStrategy, has?.allocationStrategy)),
    ec2Configuration: keep
      ? images(has?.ec2Configuration?.map(({ imageType }) => imageType) ?? [], parts.imageId)
      : ec2Configuration,
    ...(spec.adoptable === 'never' && leftOut(spec, has)),
  };
  return differing(all, has);
};

/** Batch lets nobody change to BEST_FIT. */
const strategyUpdate = (
  name: string,
  allocationStrategy: AllocationStrategy,
  has: ComputeResource['allocationStrategy'],
): Pick<ComputeResourceUpdate, 'allocationStrategy'> => {
  if (allocationStrategy !== 'BEST_FIT') return { allocationStrategy };
  if (has === allocationStrategy) return {};
  throw replaceFirst(name, `its strategy is ${has}, and is to be BEST_FIT`);
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
  'bidPercentage',
  'ec2KeyPair',
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

/**
 * What an update changes. Sizes, state and service role are a scaling update; anything about the instances replaces
 * them, which needs the service-linked role and a strategy that can be updated.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
 */
import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import { type ComputeEnvironment, checkOneOf, invalidParameter } from './state.ts';
import { isFargate, STATES, validateResources } from './validation.ts';

const SIZES = ['minvCpus', 'maxvCpus', 'desiredvCpus'];
/** These change by a scaling update where there are no instances. */
const FARGATE_FIELDS = [...SIZES, 'subnets', 'securityGroupIds'];
const UPDATABLE = [
  'BEST_FIT_PROGRESSIVE',
  'BEST_FIT_PROGRESSIVE_ORDERED',
  'SPOT_CAPACITY_OPTIMIZED',
  'SPOT_CAPACITY_OPTIMIZED_PRIORITIZED',
  'SPOT_PRICE_CAPACITY_OPTIMIZED',
];

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** @throws ClientException when instances would have to be replaced and this environment cannot do that. */
export const isInfrastructureUpdate = (
  detail: ComputeEnvironmentDetail,
  { computeResources: wanted = {} }: UpdateComputeEnvironmentCommandInput,
): boolean => {
  const has = detail.computeResources;
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  if (!has) {
    if (given.length > 0) throw invalidParameter('computeResources cannot be updated for an UNMANAGED environment');
    return false;
  }
  if (isFargate(has)) {
    const foreign = given.map(([name]) => name).filter((name) => !FARGATE_FIELDS.includes(name));
    if (foreign.length > 0) throw invalidParameter(`${foreign.join(', ')} cannot be updated for Fargate resources`);
    return false;
  }
  const changed = given.filter(
    ([name, value]) =>
      !SIZES.includes(name) &&
      name !== 'updateToLatestImageVersion' &&
      !isSame(value, has[name as keyof ComputeResource]),
  );
  const strategy = wanted.allocationStrategy ?? has.allocationStrategy;
  const updatable =
    detail.serviceRole?.endsWith('/AWSServiceRoleForBatch') === true && UPDATABLE.includes(String(strategy));
  if (changed.length === 0 && wanted.updateToLatestImageVersion !== true) {
    return updatable && namesMovingTemplate(wanted);
  }
  if (!updatable) {
    throw invalidParameter(
      `To update ${changed.map(([name]) => name).join(', ')}, the compute environment must use the service-linked role and the allocation strategy ${UPDATABLE.join(' or ')}.`,
    );
  }
  return true;
};

/** The same words may mean a newer version by now. */
const namesMovingTemplate = ({ launchTemplate }: { launchTemplate?: ComputeResource['launchTemplate'] }): boolean =>
  launchTemplate !== undefined && !/^\d+$/.test(launchTemplate.version ?? '$Default');

export const applyUpdate = (environment: ComputeEnvironment, input: UpdateComputeEnvironmentCommandInput): void => {
  const { detail } = environment;
  checkOneOf(input.state, STATES, 'state');
  if (input.computeResources && detail.computeResources) {
    const { updateToLatestImageVersion: _, ...wanted } = structuredClone(input.computeResources);
    const merged = withSizes(detail.computeResources, Object.assign({ ...detail.computeResources }, present(wanted)));
    if (input.computeResources.desiredvCpus !== undefined) checkDesired(detail.computeResources, merged);
    validateResources(merged);
    detail.computeResources = merged;
  }
  if (input.state) detail.state = input.state;
  if (input.unmanagedvCpus !== undefined) detail.unmanagedvCpus = input.unmanagedvCpus;
  if (input.updatePolicy) detail.updatePolicy = { ...detail.updatePolicy, ...present(input.updatePolicy) };
};

const present = <T extends object>(given: T): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;

/** A new bound carries the desired size along when the caller did not name one. */
const withSizes = (before: ComputeResource, merged: ComputeResource): ComputeResource => {
  if (isFargate(merged) || merged.desiredvCpus !== before.desiredvCpus) return merged;
  const { minvCpus = 0, maxvCpus = 0, desiredvCpus = 0 } = merged;
  return { ...merged, desiredvCpus: Math.min(maxvCpus, Math.max(minvCpus, desiredvCpus)) };
};

/** Workers leave by themselves when they are idle; a caller cannot send them away. */
const checkDesired = (
  before: ComputeResource,
  { desiredvCpus = 0, minvCpus = 0, maxvCpus = 0 }: ComputeResource,
): void => {
  if (desiredvCpus < minvCpus || desiredvCpus > maxvCpus) {
    throw invalidParameter('desiredvCpus must be between minvCpus and maxvCpus');
  }
  if (desiredvCpus < (before.desiredvCpus ?? 0)) {
    throw invalidParameter(
      'Manually scaling down compute environment is not supported. Disconnecting job queues from compute environment will cause it to scale-down to minvCpus.',
    );
  }
};

/**
 * Compute environments: CREATING, then VALID or INVALID with a reason; UPDATING; DELETING, DELETED, gone.
 * Delete needs DISABLED, no change under way and no queue that knows the environment.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentDetail.html
 */
import type {
  CreateComputeEnvironmentCommandInput,
  DeleteComputeEnvironmentCommandInput,
  DescribeComputeEnvironmentsCommandInput,
  UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { World } from '../../core/world.ts';
import type { BatchDeps } from './context.ts';
import { DESCRIBES } from './questions.ts';
import { COMPUTE_ENVIRONMENTS } from './quotas.ts';
import {
  batchArn,
  type ComputeEnvironment,
  checkTags,
  existing,
  findEnvironment,
  invalidParameter,
  pageOf,
  type Regional,
  refusal,
} from './state.ts';
import { applyUpdate, isInfrastructureUpdate } from './update.ts';
import { isFargate, validateCreate } from './validation.ts';

const CREATING_MS = 20_000;
const SCALING_UPDATE_MS = 8_000;
const INFRASTRUCTURE_UPDATE_MS = 60_000;
const DELETING_MS = 20_000;
const SPREAD = 0.3;
const HEALTHY = 'ComputeEnvironment Healthy';

export const computeEnvironmentRules = (deps: BatchDeps): Record<string, Rule> => ({
  CreateComputeEnvironment: create(deps),
  DescribeComputeEnvironments: describe(deps),
  UpdateComputeEnvironment: update(deps),
  DeleteComputeEnvironment: remove(deps),
});

const serviceLinkedRole = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch`;

/** The service-linked role may also be named outright; it is never missing. */
const customRole = (role: string | undefined): string | undefined =>
  !role || role.endsWith('/AWSServiceRoleForBatch') ? undefined : role;

/** Looks now, tells later: the environment shows `status` until the delay is over. */
const decideLater = async (
  { world, verdicts }: BatchDeps,
  at: Regional,
  { environment, delayMs }: { environment: ComputeEnvironment; delayMs: number },
): Promise<void> => {
  const template = environment.detail.computeResources?.launchTemplate;
  // Set before the look, so that a second call in the meantime sees a resource that is being modified.
  environment.pending = { until: Number.POSITIVE_INFINITY, becomes: 'VALID', reason: HEALTHY };
  let reason = 'INTERNAL_ERROR - The compute environment could not be checked';
  try {
    reason = await verdicts.check(at, environment);
    const version = template && (await verdicts.launchTemplateVersion(at, template));
    environment.templateVersion = version?.VersionNumber;
  } finally {
    const until = world.now() + world.delay(delayMs, SPREAD);
    environment.pending = reason ? { until, becomes: 'INVALID', reason } : { until, becomes: 'VALID', reason: HEALTHY };
  }
};

const create =
  (deps: BatchDeps): Rule =>
  async (call) => {
    const { world, store, settle } = deps;
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as CreateComputeEnvironmentCommandInput;
    validateCreate(input);
    const tags = checkTags(input.tags);
    const name = String(input.computeEnvironmentName);
    const taken = existing(at.environments);
    if (taken.includes(name)) throw refusal('Object already exists');
    const limit = world.limit(call.account, COMPUTE_ENVIRONMENTS);
    if (taken.length >= limit) {
      throw invalidParameter(`Limit exceeded: an account can have at most ${limit} compute environments.`);
    }
    const environment = newEnvironment(at, { input, tags });
    at.environments.set(name, environment);
    await decideLater(deps, at, { environment, delayMs: CREATING_MS });
    const { computeEnvironmentArn } = environment.detail;
    return world.answer(call, { computeEnvironmentName: name, computeEnvironmentArn });
  };

const newEnvironment = (
  at: Regional,
  { input, tags }: { input: CreateComputeEnvironmentCommandInput; tags: Record<string, string> },
): ComputeEnvironment => {
  const name = String(input.computeEnvironmentName);
  const uuid = crypto.randomUUID();
  const resources = input.computeResources && structuredClone(input.computeResources);
  if (resources && !isFargate(resources)) {
    resources.minvCpus ??= 0;
    resources.desiredvCpus ??= resources.minvCpus;
    resources.allocationStrategy ??= 'BEST_FIT';
    resources.ec2Configuration ??= [{ imageType: 'ECS_AL2023' }];
  }
  return {
    detail: {
      computeEnvironmentName: name,
      computeEnvironmentArn: batchArn(at, `compute-environment/${name}`),
      ecsClusterArn: `arn:aws:ecs:${at.region}:${at.account}:cluster/AWSBatch-${name}-${uuid}`,
      tags,
      type: input.type,
      state: input.state ?? 'ENABLED',
      status: 'CREATING',
      statusReason: '',
      ...(input.unmanagedvCpus !== undefined && { unmanagedvCpus: input.unmanagedvCpus }),
      ...(resources && { computeResources: resources }),
      serviceRole: input.serviceRole || serviceLinkedRole(at.account),
      updatePolicy: { terminateJobsOnUpdate: false, jobExecutionTimeoutMinutes: 30 },
      containerOrchestrationType: 'ECS',
      uuid,
    },
    customRole: customRole(input.serviceRole),
    pending: undefined,
    templateVersion: undefined,
    drainAt: undefined,
    goneAt: undefined,
  };
};

const describe =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as DescribeComputeEnvironmentsCommandInput;
    const wanted = input.computeEnvironments;
    const all = wanted?.length
      ? wanted.map((each) => findEnvironment(at, each)).filter((each) => each !== undefined)
      : [...at.environments.values()];
    const { page, ...more } = pageOf([...new Set(all)], input.maxResults, input.nextToken);
    return world.answer(call, { computeEnvironments: page.map(({ detail }) => shown(world, at, detail)), ...more });
  };

/**
 * Batch shows members that nobody sent: those with a default, and those that it finds out by itself. Which of them is
 * not written down; some stand in the API's reference only.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_LaunchTemplateSpecification.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_Ec2Configuration.html
 */
const shown = (world: World, { account }: Regional, detail: ComputeEnvironment['detail']): Params => {
  const shownDetail: Params = { ...structuredClone(detail) };
  const resources = shownDetail.computeResources as Params | undefined;
  if (world.assumed(account, DESCRIBES) === 'as-sent' || !resources) return shownDetail;
  const template = resources.launchTemplate as Params | undefined;
  const images = resources.ec2Configuration as Params[] | undefined;
  return {
    ...shownDetail,
    context: '',
    computeResources: {
      ...resources,
      ...(template && { launchTemplate: { overrides: [], userdataType: 'EKS_BOOTSTRAP_SH', ...template } }),
      ...(images && { ec2Configuration: images.map((image) => ({ batchImageStatus: 'LATEST', ...image })) }),
      scalingPolicy: { minScaleDownDelayMinutes: 20 },
    },
  };
};

type Params = Record<string, unknown>;

/** One kind of role can't take the place of the other. @throws AwsError ClientException */
const checkServiceRole = ({ customRole: has }: ComputeEnvironment, wanted: string | undefined): void => {
  if (wanted === undefined || Boolean(has) === Boolean(customRole(wanted))) return;
  throw invalidParameter(
    has
      ? 'A compute environment with a regular IAM role cannot be changed to use a service-linked role'
      : 'A compute environment with a service-linked role cannot be changed to use a regular IAM role',
  );
};

const update =
  (deps: BatchDeps): Rule =>
  async (call) => {
    const { world, store, settle } = deps;
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as UpdateComputeEnvironmentCommandInput;
    const environment = findEnvironment(at, input.computeEnvironment);
    if (!environment || environment.detail.status === 'DELETED') {
      throw invalidParameter(`${input.computeEnvironment} does not exist`);
    }
    if (environment.pending) throw refusal('Cannot update, resource is being modified');
    const infrastructure = isInfrastructureUpdate(environment.detail, input);
    checkServiceRole(environment, input.serviceRole);
    applyUpdate(environment, input);
    if (input.serviceRole !== undefined) {
      environment.customRole = customRole(input.serviceRole);
      environment.detail.serviceRole = input.serviceRole || serviceLinkedRole(at.account);
    }
    environment.detail.status = 'UPDATING';
    environment.detail.statusReason = '';
    const delayMs = infrastructure ? INFRASTRUCTURE_UPDATE_MS : SCALING_UPDATE_MS;
    await decideLater(deps, at, { environment, delayMs });
    const { computeEnvironmentName, computeEnvironmentArn } = environment.detail;
    return world.answer(call, { computeEnvironmentName, computeEnvironmentArn });
  };

const remove =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as unknown as DeleteComputeEnvironmentCommandInput;
    const environment = findEnvironment(at, input.computeEnvironment);
    // Whether Batch refuses what it does not know is not documented; absent and gone get the quiet answer here.
    if (!environment || environment.detail.status === 'DELETED') return world.answer(call, {});
    const { detail } = environment;
    if (environment.pending) throw refusal('Cannot delete, resource is being modified');
    if (detail.state !== 'DISABLED') throw refusal('Cannot delete, ComputeEnvironment state is not DISABLED');
    const related =
      at.relations.some(({ environmentArn }) => environmentArn === detail.computeEnvironmentArn) ||
      [...at.queues.values()].some(
        (queue) =>
          queue.detail.status !== 'DELETED' &&
          queue.detail.computeEnvironmentOrder?.some(
            ({ computeEnvironment }) => computeEnvironment === detail.computeEnvironmentArn,
          ),
      );
    if (related) throw refusal('Cannot delete, found existing JobQueue relationship');
    detail.status = 'DELETING';
    detail.statusReason = '';
    environment.pending = { until: world.now() + world.delay(DELETING_MS, SPREAD), becomes: 'DELETED', reason: '' };
    return world.answer(call, {});
  };

/**
 * Job definitions: revisions of a name; ACTIVE until deregistered, then INACTIVE and still visible.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDefinition.html
 */
import type {
  DescribeJobDefinitionsCommandInput,
  JobDefinition,
  JobTimeout,
  RegisterJobDefinitionCommandInput,
  RetryStrategy,
} from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { BatchDeps } from './context.ts';
import { checkFargate } from './fargate.ts';
import { batchArn, checkName, checkOneOf, checkTags, invalidParameter, pageOf, type Regional } from './state.ts';

export const jobDefinitionRules = (deps: BatchDeps): Record<string, Rule> => ({
  RegisterJobDefinition: register(deps),
  DescribeJobDefinitions: describe(deps),
  DeregisterJobDefinition: deregister(deps),
});

/** Name (its newest ACTIVE revision), name:revision or ARN. */
export const findDefinition = (at: Regional, wanted: string): JobDefinition | undefined => {
  const active = at.definitions.filter(({ status }) => status === 'ACTIVE');
  return active.findLast(
    ({ jobDefinitionName, jobDefinitionArn, revision }) =>
      [jobDefinitionArn, `${jobDefinitionName}:${revision}`, jobDefinitionName].includes(wanted) ||
      jobDefinitionArn === `${wanted}:${revision}`,
  );
};

const ATTEMPTS_MAX = 10;
const TIMEOUT_SECONDS_MIN = 60;
const PRIORITY_MAX = 9_999;

/** @throws AwsError ClientException */
export const checkAttempts = (strategy: RetryStrategy | undefined): void => {
  const { attempts = 1 } = strategy ?? {};
  if (!(Number.isInteger(attempts) && attempts >= 1 && attempts <= ATTEMPTS_MAX)) {
    throw invalidParameter(`attempts must be between 1 and ${ATTEMPTS_MAX}`);
  }
};

/** @throws AwsError ClientException */
export const checkTimeout = (timeout: JobTimeout | undefined): void => {
  const { attemptDurationSeconds = TIMEOUT_SECONDS_MIN } = timeout ?? {};
  if (attemptDurationSeconds < TIMEOUT_SECONDS_MIN) {
    throw invalidParameter(`attemptDurationSeconds must be at least ${TIMEOUT_SECONDS_MIN}`);
  }
};

const validate = (input: RegisterJobDefinitionCommandInput): void => {
  checkOneOf(input.type, ['container', 'multinode'], 'type');
  if (!input.type) throw invalidParameter('type must not be null');
  checkAttempts(input.retryStrategy);
  checkTimeout(input.timeout);
  const { platformCapabilities = [], schedulingPriority = 0 } = input;
  for (const platform of platformCapabilities) checkOneOf(platform, ['EC2', 'FARGATE'], 'platformCapabilities');
  if (!(schedulingPriority >= 0 && schedulingPriority <= PRIORITY_MAX)) {
    throw invalidParameter(`schedulingPriority must be between 0 and ${PRIORITY_MAX}`);
  }
  if (input.type !== 'container' || input.ecsProperties || input.eksProperties) return;
  const container = input.containerProperties;
  if (!container) throw invalidParameter('containerProperties must not be null');
  if (!container.image) throw invalidParameter('Container properties should not be empty: image');
  for (const [type, old] of [
    ['VCPU', container.vcpus],
    ['MEMORY', container.memory],
  ] as const) {
    const given = old ?? container.resourceRequirements?.find((each) => each.type === type)?.value;
    if (given === undefined) throw invalidParameter(`Container properties should have resource requirement ${type}`);
    if (!(Number(given) > 0)) throw invalidParameter(`Resource requirement ${type} must be greater than 0`);
  }
  if (platformCapabilities.includes('FARGATE')) checkFargate(container);
};

const register =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    const input = call.params as unknown as RegisterJobDefinitionCommandInput;
    const name = checkName(input.jobDefinitionName, 'jobDefinitionName');
    validate(input);
    const tags = checkTags(input.tags);
    const revision = at.definitions.filter(({ jobDefinitionName }) => jobDefinitionName === name).length + 1;
    const jobDefinitionArn = batchArn(at, `job-definition/${name}:${revision}`);
    at.definitions.push({
      ...structuredClone(input),
      jobDefinitionName: name,
      jobDefinitionArn,
      revision,
      status: 'ACTIVE',
      type: String(input.type),
      tags,
      platformCapabilities: input.platformCapabilities?.length ? input.platformCapabilities : ['EC2'],
      containerOrchestrationType: 'ECS',
    });
    return world.answer(call, { jobDefinitionName: name, jobDefinitionArn, revision });
  };

const describe =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    const input = call.params as DescribeJobDefinitionsCommandInput;
    const matches = (definition: JobDefinition): boolean => {
      const { jobDefinitionName, jobDefinitionArn, revision, status } = definition;
      if (input.status && status !== input.status) return false;
      if (input.jobDefinitionName && jobDefinitionName !== input.jobDefinitionName) return false;
      return (
        !input.jobDefinitions?.length ||
        input.jobDefinitions.some((wanted) =>
          [jobDefinitionArn, `${jobDefinitionName}:${revision}`, jobDefinitionName].includes(wanted),
        )
      );
    };
    const { page, ...more } = pageOf(at.definitions.filter(matches), input.maxResults, input.nextToken);
    return world.answer(call, { jobDefinitions: structuredClone(page), ...more });
  };

const deregister =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    const wanted = String(call.params.jobDefinition ?? '');
    if (!/:\d+$/.test(wanted)) throw invalidParameter(`Invalid job definition ${wanted}: name:revision is needed`);
    const found = findDefinition(at, wanted);
    if (found) found.status = 'INACTIVE';
    return world.answer(call, {});
  };

/**
 * AWS Batch with its delays and refusals: environments turn VALID or INVALID after a while, deletes need DISABLED,
 * quotas hold. Jobs run nowhere: they can be seeded (`POST /_sandbox/accounts/{id}/jobs`), or submitted and then go as
 * they are told to (`PUT /_sandbox/accounts/{id}/jobs-behaviour`).
 */
import { adminRoute, type ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { batchActions } from './actions.ts';
import { computeEnvironmentRules } from './compute-environment.ts';
import type { BatchDeps } from './context.ts';
import type { Batch } from './contract.ts';
import { clustersOf, tasksOf } from './ecs-tasks.ts';
import { batchInventory } from './inventory.ts';
import { createBehaviours } from './job-behaviour.ts';
import { jobDefinitionRules } from './job-definition.ts';
import { jobQueueRules } from './job-queue.ts';
import { jobRules, seedJobs } from './jobs.ts';
import { BATCH_QUESTIONS } from './questions.ts';
import { batchQuotas, COMPUTE_ENVIRONMENTS, QUEUES } from './quotas.ts';
import { schedulingPolicyRules } from './scheduling-policy.ts';
import { JobSeed, JobsBehaviour } from './seed.ts';
import { createSettle } from './settle.ts';
import { createStore } from './state.ts';
import { findTagged, tagRules } from './tags.ts';
import { createVerdicts } from './verdict.ts';

export const createBatch = (world: World): ServiceModule => {
  const store = createStore();
  const verdicts = createVerdicts(world);
  const settle = createSettle(world, verdicts);
  const deps: BatchDeps = { world, store, settle, verdicts, behaviours: createBehaviours() };
  const offers: Batch = {
    async workers(account, region) {
      const at = store.of(account, region);
      await settle(at);
      return [...at.environments.values()]
        .map(({ detail }) => detail)
        .filter(({ computeResources }) => (computeResources?.desiredvCpus ?? 0) > 0)
        .map(({ computeEnvironmentName, computeResources }) => ({
          environment: computeEnvironmentName,
          subnets: computeResources?.subnets ?? [],
          securityGroupIds: computeResources?.securityGroupIds ?? [],
        }));
    },
    async ecs(account, region) {
      const at = store.of(account, region);
      await settle(at);
      return { clusterArns: clustersOf(at), tasks: tasksOf(at) };
    },
  };
  return {
    service: 'batch',
    rules: {
      ...computeEnvironmentRules(deps),
      ...jobQueueRules(deps),
      ...jobRules(deps),
      ...jobDefinitionRules(deps),
      ...schedulingPolicyRules(deps),
      ...tagRules(deps),
    },
    actions: batchActions,
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      return (await findTagged(deps, store.of(account || call.account, region || call.region), arn))?.tags;
    },
    async inventory(account) {
      const regions = store.all(account);
      for (const at of regions) await settle(at);
      return regions.flatMap(batchInventory);
    },
    admin: {
      'POST jobs': adminRoute(JobSeed, seedJobs(deps)),
      'PUT jobs-behaviour': adminRoute(JobsBehaviour, async (account, told) => deps.behaviours.tell(account, told)),
    },
    limits: [QUEUES, COMPUTE_ENVIRONMENTS],
    quotas: batchQuotas(world),
    questions: BATCH_QUESTIONS,
    errors: {
      throttle: ['TooManyRequestsException', 429, 'Too Many Requests'],
      internal: ['ServerException', 500, 'Internal server error'],
    },
    offers,
  };
};

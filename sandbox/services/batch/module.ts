/**
 * AWS Batch with its delays and refusals: environments turn VALID or INVALID after a while, deletes need DISABLED,
 * quotas hold. Jobs run nowhere; they can be seeded (`POST /_sandbox/accounts/{id}/jobs`).
 */

import { adminRoute, type CreateModule, type ServiceModule } from '../../core/rule.ts';
import { JobSeed } from '../../endpoint/seeds.ts';
import { type BatchDeps, computeEnvironmentRules } from './compute-environment.ts';
import { batchInventory } from './inventory.ts';
import { jobDefinitionRules } from './job-definition.ts';
import { jobQueueRules } from './job-queue.ts';
import { jobRules, seedJobs } from './jobs.ts';
import { createSettle } from './settle.ts';
import { createStore } from './state.ts';
import { tagRules } from './tags.ts';
import { createVerdicts } from './verdict.ts';

/** Where Batch runs instances now: they hold the subnets and groups in use. */
export interface BatchWorkers {
  readonly environment: string;
  readonly subnets: readonly string[];
  readonly securityGroupIds: readonly string[];
}

export interface BatchModule extends ServiceModule {
  workers(account: string, region: string): Promise<BatchWorkers[]>;
}

export const createBatch: CreateModule = (world): BatchModule => {
  const store = createStore();
  const verdicts = createVerdicts(world);
  const settle = createSettle(world, verdicts);
  const deps: BatchDeps = { world, store, settle, verdicts };
  return {
    service: 'batch',
    rules: {
      ...computeEnvironmentRules(deps),
      ...jobQueueRules(deps),
      ...jobRules(deps),
      ...jobDefinitionRules(deps),
      ...tagRules(deps),
    },
    admin: { 'POST jobs': adminRoute(JobSeed, seedJobs(deps)) },
    async inventory(account) {
      const regions = store.all(account);
      for (const at of regions) await settle(at);
      return regions.flatMap(batchInventory);
    },
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
  };
};

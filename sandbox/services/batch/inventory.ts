/** What Batch holds, in the inventory's words. Left out: DELETED ones, inactive definitions, jobs that have ended. */

import type { InventoryItem } from '../../core/service.ts';
import { isActive } from './settle.ts';
import type { Regional } from './state.ts';

export const batchInventory = (at: Regional): InventoryItem[] => {
  const { region } = at;
  const environments = [...at.environments.values()]
    .filter(({ detail }) => detail.status !== 'DELETED')
    .map(({ detail, templateVersion }): InventoryItem => {
      const { computeEnvironmentName: name, computeEnvironmentArn: id, tags, status, ...rest } = detail;
      // The cluster's name and the uuid are drawn anew each time; the desired size is a counter.
      const { ecsClusterArn: _cluster, uuid: _uuid, statusReason: _reason, computeResources, ...kept } = rest;
      const { desiredvCpus: _desired, ...resources } = computeResources ?? {};
      const details = { ...kept, computeResources: resources, launchTemplateVersion: templateVersion ?? null };
      return { type: 'AWS::Batch::ComputeEnvironment', id, name, region, state: status ?? null, tags, details };
    });
  const queues = [...at.queues.values()]
    .filter(({ detail }) => detail.status !== 'DELETED')
    .map(({ detail }): InventoryItem => {
      const { jobQueueName: name, jobQueueArn: id, tags, status, statusReason: _reason, ...details } = detail;
      return { type: 'AWS::Batch::JobQueue', id, name, region, state: status ?? null, tags, details };
    });
  const definitions = at.definitions
    .filter(({ status }) => status === 'ACTIVE')
    .map((definition): InventoryItem => {
      const { jobDefinitionName, jobDefinitionArn, tags = {}, status, revision: _revision, ...details } = definition;
      return {
        type: 'AWS::Batch::JobDefinition',
        id: String(jobDefinitionArn),
        name: jobDefinitionName ?? null,
        region,
        state: status ?? null,
        tags,
        details,
      };
    });
  const policies = [...at.policies.values()].map(
    ({ name, arn: id, tags, ...details }): InventoryItem => ({
      type: 'AWS::Batch::SchedulingPolicy',
      id,
      name,
      region,
      state: null,
      tags,
      details,
    }),
  );
  const jobs = [...at.jobs.values()].filter(isActive).map(({ detail }): InventoryItem => {
    const { jobId: id, jobName: name, jobQueue, jobDefinition, status: state, tags = {} } = detail;
    return { type: 'AWS::Batch::Job', id, name, region, state, tags, details: { jobQueue, jobDefinition } };
  });
  return structuredClone([...environments, ...queues, ...definitions, ...policies, ...jobs]);
};

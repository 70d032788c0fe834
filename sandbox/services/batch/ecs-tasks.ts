/** What ECS sees of Batch: a cluster for each environment, a task for each job that has been placed. */
import type { BatchTask } from './contract.ts';
import type { Regional } from './state.ts';

export const clustersOf = (at: Regional): string[] =>
  [...at.environments.values()]
    .filter(({ detail }) => detail.status !== 'DELETED')
    .map(({ detail }) => String(detail.ecsClusterArn));

export const tasksOf = (at: Regional): BatchTask[] =>
  [...at.jobs.values()].flatMap(({ detail }) => {
    const { taskArn, containerInstanceArn, exitCode } = detail.container ?? {};
    if (!taskArn) return [];
    const [prefix = '', cluster = ''] = taskArn.split(/:task\/|\/(?=[^/]*$)/);
    const status = detail.status === 'STARTING' ? 'PENDING' : detail.status === 'RUNNING' ? 'RUNNING' : 'STOPPED';
    return [{ taskArn, clusterArn: `${prefix}:cluster/${cluster}`, containerInstanceArn, status, exitCode }];
  });

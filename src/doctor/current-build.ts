/** Worker versioning: Temporal gives new work to the build that is current, whether a worker of it runs or not. */
import proto, { type temporal } from '@temporalio/proto';
import { deploymentOf, type Installation } from '#domain/core/installation.ts';
import { type Finding, sayingOf } from './finding.ts';

type Answer = Pick<temporal.api.workflowservice.v1.IDescribeTaskQueueResponse, 'pollers' | 'versioningInfo'>;

const { problem } = sayingOf('temporal');

/** As `set-current-version` is told which: an empty one are workers without a build. */
const flagOf = (build: string): string => (build === '' ? '--unversioned' : `--build-id ${build}`);

const called = (build: string): string => (build === '' ? 'workers without worker.buildId' : `build ${build}`);

/** A finding where nobody who polls the task queue of workflows is given anything. */
export const checkCurrentBuild = ({ pollers, versioningInfo }: Answer, installation: Installation): Finding[] => {
  const current = versioningInfo?.currentDeploymentVersion?.buildId ?? '';
  const polling = [...new Set((pollers ?? []).map(({ deploymentOptions }) => buildOf(deploymentOptions)))].sort();
  if (polling.length === 0 || polling.includes(current)) return [];
  const command = `temporal worker deployment set-current-version --deployment-name ${deploymentOf(installation)}`;
  return [
    problem(
      'current build',
      `Temporal gives new work to ${called(current)}, none of which runs: it waits, beside ${polling.map(called).join(', ')}`,
      `${command} ${polling.map(flagOf).join(', or ')}; or start a worker of it`,
    ),
  ];
};

const { WORKER_VERSIONING_MODE_VERSIONED: VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;

const buildOf = (options: temporal.api.deployment.v1.IWorkerDeploymentOptions | null | undefined): string =>
  options?.workerVersioningMode === VERSIONED ? (options.buildId ?? '') : '';

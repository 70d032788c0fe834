/** A compute environment as Seqera's API shows it. */
import { isOver } from '#domain/compute/record.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import type { ComputeEnvironments } from '../../compute/compute-environments.ts';
import type { LocatedCompute } from '../../compute/kind.ts';
import type { ComputeItem } from '../../compute/list.ts';
import type { Principal } from '../../principal.ts';
import { ApiProblem } from '../../problems.ts';
import { labelsOf } from './label.ts';

/** @throws Denied; NotFound, also for operators where it was removed by force */
export const authorise = async (
  compute: ComputeEnvironments,
  principal: Principal,
  id: string,
): Promise<LocatedCompute> => {
  const located = await compute.authorise(principal, id);
  if (located.record?.hidden) throw new ApiProblem('NotFound', 'there is no such compute environment');
  return located;
};

export const entryOf = ({
  forgeId,
  name,
  platform,
  status,
  message,
  primary,
  account,
  region,
  config,
}: ComputeItem) => ({
  ...{ id: forgeId, name, platform, status, message, primary, region },
  ...{ lastUsed: null, workspaceName: null, visibility: null },
  credentialsId: account,
  workDir: config.workDir,
});

export const describe = (view: ComputeView): Readonly<Record<string, unknown>> => {
  const { forgeId, name, description, platform, status, message, primary, account, outputs, labels, phase } = view;
  return {
    ...{ id: forgeId, name, description, platform, status, message, primary },
    config: {
      ...view.config,
      headQueue: outputs?.headQueue ?? null,
      computeQueue: outputs?.computeQueue ?? null,
      dragenQueue: outputs?.pools.find((pool) => pool.name === 'dragen')?.queue.name ?? null,
      executionRole: outputs?.executionRole ?? view.config.executionRole,
      headJobRole: outputs?.headJobRole ?? view.config.headJobRole,
      computeJobRole: outputs?.computeJobRole ?? view.config.computeJobRole,
      volumes: [],
      forgedResources: view.forgedResources,
      deletedResources: view.deletedResources,
    },
    credentialsId: account,
    awsAccountId: account,
    dateCreated: view.createdAt,
    lastUpdated: view.updatedAt,
    lastValidated: view.lastValidated,
    lastUsed: null,
    deleted: isOver({ phase, hidden: false }),
    labels: labelsOf(labels),
    ...{ orgId: null, workspaceId: null, managedIdentityId: null },
  };
};

/**
 * What an environment works as: a service role of its own, and the profile of its instances. Where one of them is gone,
 * Batch can neither use the environment nor take it apart: it stays DELETING or INVALID for good.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/invalid_compute_environment.html
 */
import type { ComputeEnvironmentDetail } from '@aws-sdk/client-batch';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { mayRemove, type Removal } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { findProfile } from '../iam/instance-profile-parts.ts';
import { findRole } from '../iam/role-parts.ts';
import { findComputeEnvironment, isForRoles } from './compute-environment-find.ts';

export const environmentRoleActivities = (deps: Pick<ActivityDeps, 'aws'>) => ({
  /**
   * Is something missing that the environment works as, or does Batch say that it is? Not of one that this removal leaves
   * alone, or that is not there.
   */
  async observeEnvironmentRoles(spec: ResourceSpec, removal: Removal): Promise<{ readonly broken: boolean }> {
    const found = await findComputeEnvironment(deps.aws.batch(spec.account), spec.name);
    if (!found || !mayRemove(found.tags ?? {}, spec.owner, removal)) return { broken: false };
    return { broken: isForRoles(found) || (await lacksRole(deps.aws.iam(spec.account), found)) };
  },
});

const lacksRole = async (
  iam: AwsClient<IAMClient>,
  { serviceRole = '', computeResources }: ComputeEnvironmentDetail,
): Promise<boolean> => {
  const linked = serviceRole === '' || serviceRole.includes('/aws-service-role/');
  if (!linked && !(await findRole(iam, nameIn(serviceRole)))) return true;
  const { instanceRole } = computeResources ?? {};
  if (!instanceRole) return false;
  return ((await findProfile(iam, nameIn(instanceRole)))?.Roles ?? []).length === 0;
};

/** They may be named or given by their ARN, with a path. */
const nameIn = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

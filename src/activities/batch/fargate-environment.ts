/**
 * A compute environment of Fargate: no instances, so no template, image or profile. Waiting for it and removing it are the
 * same as for the others; all of it but its type and its service role can be changed while jobs run.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
 */
import type { ComputeEnvironmentDetail, UpdateComputeEnvironmentCommandInput } from '@aws-sdk/client-batch';
import { fail } from '#domain/core/failures.ts';
import { type Made, originOf } from '#domain/core/ownership.ts';
import type { FargateEnvironmentParts, FargateEnvironmentSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { findComputeEnvironment } from './compute-environment-find.ts';
import { assertSameRole, differing, updateOf } from './compute-environment-resources.ts';
import { convergeEnvironment, createEnvironment, madeEnvironment } from './environment-creation.ts';

const wantedFargate = (spec: FargateEnvironmentSpec, parts: FargateEnvironmentParts) => ({
  maxvCpus: spec.maxvCpus,
  subnets: [...parts.subnetIds],
  securityGroupIds: [...parts.securityGroupIds],
});

const updateFor = (
  found: ComputeEnvironmentDetail,
  spec: FargateEnvironmentSpec,
  parts: FargateEnvironmentParts,
): UpdateComputeEnvironmentCommandInput | undefined => {
  const type = found.computeResources?.type;
  if (type !== 'FARGATE') {
    throw fail('DisposeFirst', `compute environment ${spec.name} is of type ${type}, which never turns into FARGATE`);
  }
  assertSameRole(found, spec, parts.serviceRoleArn);
  const computeResources = differing(wantedFargate(spec, parts), found.computeResources);
  return updateOf(found, spec.name, { ...(Object.keys(computeResources).length > 0 && { computeResources }) });
};

export const fargateEnvironmentActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => ({
  /**
   * @throws Conflict where an environment of the name is foreign; NotYet while it changes; DisposeFirst where what
   * differs can't be changed while it exists.
   */
  async ensureFargateEnvironment(
    spec: FargateEnvironmentSpec,
    parts: FargateEnvironmentParts,
  ): Promise<{ made: Made; arn: string }> {
    const batch = deps.aws.batch(spec.account);
    const found = await findComputeEnvironment(batch, spec.name);
    if (!found) {
      const computeResources = { type: 'FARGATE' as const, ...wantedFargate(spec, parts) };
      const { serviceRoleArn } = parts;
      const arn = await createEnvironment(batch, spec, { computeResources, serviceRoleArn });
      return { made: madeEnvironment(spec, 'created'), arn };
    }
    await convergeEnvironment(batch, { found, spec, updateFor: () => updateFor(found, spec, parts) }, deps);
    const made = madeEnvironment(spec, originOf(found.tags ?? {}, spec.owner));
    return { made, arn: found.computeEnvironmentArn ?? '' };
  },
});

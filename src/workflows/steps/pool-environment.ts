import type { ComputeResolved } from '#domain/compute/specs.ts';
import type { ComputeEnvironmentSpec, FargateEnvironmentSpec } from '#domain/resources/batch.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { removeEnvironment } from './environment-removal.ts';
import type { LaunchTemplates } from './forge-launch-template.ts';
import { becomeValid } from './valid-environment.ts';

type EnvironmentSpec = ComputeEnvironmentSpec | FargateEnvironmentSpec;

interface Grouped {
  readonly securityGroupId: string;
}

interface Parts {
  readonly resolved: ComputeResolved;
  readonly template: LaunchTemplates;
  readonly instance: { readonly profileArn: string };
  readonly service: { readonly arn: string } | null;
  readonly fleet: { readonly arn: string } | null;
  /** Only members of their groups reach them. */
  readonly efs: Grouped | null;
  readonly lustre: Grouped | null;
}

/** A pool's environment of Batch, VALID. It goes even if what it works as was taken away: that is made again first. */
export const poolEnvironment = <const P extends string>(pool: P) =>
  defineStep({
    name: `compute-environment-${pool}`,
    expectedMs: minutes(3),
    async make({ roles: _, ...spec }: EnvironmentSpec, parts: Parts): Promise<{ arn: string }> {
      const { arn } = await ensure(spec, pool, parts);
      await becomeValid(spec);
      return { arn };
    },
    remember: ({ roles: _, ...spec }: EnvironmentSpec) => find.rememberComputeEnvironment(spec),
    async restore({ roles: _, ...spec }: EnvironmentSpec, before) {
      await undo.restoreComputeEnvironment(spec, before);
      await undo.awaitComputeEnvironmentRestored(spec);
    },
    removalExpectedMs: minutes(20), // instances shut down in it
    async undo(spec: EnvironmentSpec, removal) {
      await removeEnvironment(spec, removal('ensureComputeEnvironment', 'ensureFargateEnvironment'));
    },
    remaining: ({ roles: _, ...spec }: EnvironmentSpec) => [
      {
        type: 'AWS::Batch::ComputeEnvironment',
        names: [spec.name],
        look: (by) => find.findRemainingComputeEnvironment(spec, by),
      },
    ],
  });

const ensure = (spec: EnvironmentSpec, pool: string, parts: Parts): Promise<{ arn: string }> => {
  const { resolved, template, instance, service, fleet, efs, lustre } = parts;
  const groups = [efs, lustre].flatMap((group) => group?.securityGroupId ?? []);
  const network = {
    subnetIds: resolved.subnets.map(({ id }) => id),
    securityGroupIds: [...resolved.securityGroupIds, ...groups],
  };
  const serviceRoleArn = service?.arn ?? null;
  if (spec.type === 'FARGATE') return mutate.ensureFargateEnvironment(spec, { ...network, serviceRoleArn });
  const image = resolved.images[pool];
  const launchTemplate = image && template[image.imageFamily];
  if (!launchTemplate) throw new Error(`pool ${pool} has no image, or no launch template for it`);
  const isFleet = spec.type === 'SPOT' && spec.allocationStrategy === 'BEST_FIT';
  return mutate.ensureComputeEnvironment(spec, {
    ...network,
    ...image,
    launchTemplate,
    instanceProfileArn: instance.profileArn,
    ...(serviceRoleArn !== null && { serviceRoleArn }),
    ...(isFleet && fleet && { spotFleetRoleArn: fleet.arn }),
  });
};

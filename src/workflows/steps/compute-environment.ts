import type { ComputeEnvironmentSpec, Foundation, LaunchTemplate, Network, Resolved } from '#domain/workspace/specs.ts';
import { look, mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';

/** The Batch compute environment, VALID. */
export const computeEnvironment = defineStep({
  name: 'compute-environment',
  expectedMs: minutes(3),
  async make(
    spec: ComputeEnvironmentSpec,
    net: Network,
    { instanceProfileArn }: Foundation,
    template: LaunchTemplate,
    { imageId, imageFamily }: Resolved,
    _wayOut: { instanceId: string } | null,
  ): Promise<{ arn: string }> {
    const { arn } = await mutate.ensureComputeEnvironment(spec, {
      subnetIds: net.jobSubnetIds,
      securityGroupIds: [net.defaultSecurityGroupId],
      launchTemplate: template,
      instanceProfileArn,
      imageId,
      imageFamily,
    });
    await look.awaitComputeEnvironmentValid(spec);
    return { arn };
  },
  remember: (spec: ComputeEnvironmentSpec) => look.rememberComputeEnvironment(spec),
  async restore(spec: ComputeEnvironmentSpec, before) {
    await undo.restoreComputeEnvironment(spec, before);
    await undo.awaitComputeEnvironmentRestored(spec);
  },
  async undo(spec: ComputeEnvironmentSpec, removal) {
    await undo.disableComputeEnvironment(spec, removal('ensureComputeEnvironment'));
    await undo.deleteComputeEnvironment(spec, removal('ensureComputeEnvironment'));
    await undo.awaitComputeEnvironmentGone(spec, removal('ensureComputeEnvironment'));
  },
});

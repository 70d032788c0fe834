import type { Foundation } from '#domain/core/foundation.ts';
import type { ComputeEnvironmentSpec } from '#domain/resources/batch.ts';
import type { LaunchTemplate } from '#domain/resources/instance.ts';
import type { Network, Resolved } from '#domain/workspace/specs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { becomeValid } from './valid-environment.ts';

interface Parts {
  readonly network: Network;
  readonly foundation: Foundation;
  readonly template: LaunchTemplate;
  readonly resolved: Resolved;
}

/** The Batch compute environment, VALID. */
export const computeEnvironment = defineStep({
  name: 'compute-environment',
  expectedMs: minutes(3),
  async make(
    spec: ComputeEnvironmentSpec,
    { network, foundation, template, resolved: { imageId, imageFamily } }: Parts,
  ): Promise<{ arn: string }> {
    const { arn } = await mutate.ensureComputeEnvironment(spec, {
      subnetIds: network.jobSubnetIds,
      securityGroupIds: [network.defaultSecurityGroupId],
      launchTemplate: template,
      instanceProfileArn: foundation.instanceProfileArn,
      imageId,
      imageFamily,
    });
    await becomeValid(spec);
    return { arn };
  },
  remember: (spec: ComputeEnvironmentSpec) => find.rememberComputeEnvironment(spec),
  async restore(spec: ComputeEnvironmentSpec, before) {
    await undo.restoreComputeEnvironment(spec, before);
    await undo.awaitComputeEnvironmentRestored(spec);
  },
  async undo(spec: ComputeEnvironmentSpec, removal) {
    await undo.disableComputeEnvironment(spec, removal('ensureComputeEnvironment'));
    await undo.deleteComputeEnvironment(spec, removal('ensureComputeEnvironment'));
    await undo.awaitComputeEnvironmentGone(spec, removal('ensureComputeEnvironment'));
  },
  remaining: (spec: ComputeEnvironmentSpec) => [
    {
      type: 'AWS::Batch::ComputeEnvironment',
      names: [spec.name],
      look: (by) => find.findRemainingComputeEnvironment(spec, by),
    },
  ],
  park: {
    expectedMs: minutes(15), // workers shut down some time after their last job
    type: 'AWS::Batch::ComputeEnvironment',
    harmless: true,
    async run(spec, removal) {
      await undo.drainComputeEnvironment(spec, removal());
      await undo.awaitComputeEnvironmentDrained(spec);
    },
  },
});

import type { LaunchTemplate, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import type { Resolved } from '#domain/workspace/specs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import type { Reserved } from './reserve-slots.ts';

/** The workers' user data. A new version where it differs, since a version never changes. */
export const launchTemplate = defineStep({
  name: 'launch-template',
  expectedMs: minutes(1),
  async make(
    spec: LaunchTemplateSpec,
    { resolved }: { readonly slots: Reserved; readonly resolved: Resolved },
  ): Promise<LaunchTemplate> {
    return (await mutate.ensureLaunchTemplate(spec, resolved.imageFamily)).template;
  },
  async undo(spec: LaunchTemplateSpec, removal) {
    await undo.deleteLaunchTemplate(spec, removal('ensureLaunchTemplate'));
  },
  remaining: (spec: LaunchTemplateSpec) => [
    { type: 'AWS::EC2::LaunchTemplate', names: [spec.name], look: (by) => find.findRemainingLaunchTemplates(spec, by) },
  ],
});

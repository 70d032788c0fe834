import type { LaunchTemplate, LaunchTemplateSpec, Resolved } from '#domain/workspace/specs.ts';
import { mutate, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';
import type { Reserved } from './reserve-slots.ts';

/** The workers' user data. A new version where it differs, since a version never changes. */
export const launchTemplate = defineStep({
  name: 'launch-template',
  expectedMs: minutes(1),
  async make(spec: LaunchTemplateSpec, _slots: Reserved, { imageFamily }: Resolved): Promise<LaunchTemplate> {
    return (await mutate.ensureLaunchTemplate(spec, imageFamily)).template;
  },
  async undo(spec: LaunchTemplateSpec, removal) {
    await undo.deleteLaunchTemplate(spec, removal('ensureLaunchTemplate'));
  },
});

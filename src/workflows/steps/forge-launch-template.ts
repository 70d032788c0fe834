import type { ComputeResolved } from '#domain/compute/specs.ts';
import type { Lustre } from '#domain/resources/file-system.ts';
import type { ImageFamily, LaunchTemplate, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

interface Parts {
  readonly resolved: ComputeResolved;
  /** Those that are made with it. */
  readonly efs: { readonly id: string } | null;
  readonly lustre: Pick<Lustre, 'dnsName' | 'mountName'> | null;
}

/** By the operating system of the pools' images: each is a version of one template. */
export type LaunchTemplates = Readonly<Partial<Record<ImageFamily, LaunchTemplate>>>;

/** What instances start with: user data for the operating systems of the pools, and settings. */
export const forgeLaunchTemplate = defineStep({
  name: 'launch-template',
  expectedMs: minutes(1),
  async make(spec: LaunchTemplateSpec, parts: Parts): Promise<LaunchTemplates> {
    const filled = fillIn(spec, parts);
    const families = new Set(Object.values(parts.resolved.images).map(({ imageFamily }) => imageFamily));
    const templates: Partial<Record<ImageFamily, LaunchTemplate>> = {};
    // One after the other: they are versions of one thing.
    for (const family of [...families].sort()) {
      templates[family] = (await mutate.ensureLaunchTemplate(filled, family)).template;
    }
    return templates;
  },
  async undo(spec: LaunchTemplateSpec, removal) {
    await undo.deleteLaunchTemplate(spec, removal('ensureLaunchTemplate'));
  },
  remaining: (spec: LaunchTemplateSpec) => [
    { type: 'AWS::EC2::LaunchTemplate', names: [spec.name], look: (by) => find.findRemainingLaunchTemplates(spec, by) },
  ],
});

/** The plan can't know what file systems are called that are made with it. */
const fillIn = (spec: LaunchTemplateSpec, { resolved, efs, lustre }: Parts): LaunchTemplateSpec => {
  const values = {
    efsId: efs?.id,
    lustreDnsName: lustre?.dnsName,
    lustreMountName: lustre?.mountName ?? resolved.lustreMountName,
  };
  const fill = (text: string): string =>
    Object.entries(values).reduce((filled, [name, value]) => {
      const place = `{{${name}}}`;
      if (!filled.includes(place)) return filled;
      if (!value) throw new Error(`the user data of ${spec.name} asks for ${name}, and there is none`);
      return filled.replaceAll(place, value);
    }, text);
  return { ...spec, userData: { AL2023: fill(spec.userData.AL2023), AL2: fill(spec.userData.AL2) } };
};

/**
 * The workers' launch template: nothing but user data. A version never changes, so a difference makes a new one, and the
 * environment names it by its number.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
 */
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplate as Ec2LaunchTemplate,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { isOwnedBy, type Made, mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import { fail } from '#domain/failures.ts';
import type { ImageFamily, LaunchTemplate, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { isNothing } from '../shared/sent.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::LaunchTemplate';

export const launchTemplateActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const ensure = async (spec: LaunchTemplateSpec, family: ImageFamily) => {
    const ec2 = deps.aws.ec2(spec.account);
    const UserData = Buffer.from(spec.userData[family]).toString('base64');
    const found = await find(ec2, spec.name);
    return found ? await converge(ec2, { found, spec, UserData }) : await create(ec2, spec, UserData);
  };

  return {
    /** The version that holds the wanted user data. @throws Conflict where a template of the name holds other settings. */
    ensureLaunchTemplate: (
      spec: LaunchTemplateSpec,
      family: ImageFamily,
    ): Promise<{ made: Made; template: LaunchTemplate }> =>
      whenVisible(`launch template ${spec.name}`, deps, () => ensure(spec, family)),

    /** With all its versions. @throws NotYet where a create may not be visible yet. */
    async deleteLaunchTemplate(spec: LaunchTemplateSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const found = await find(ec2, spec.name);
      if (!found) return believeAbsent(`launch template ${spec.name}`, removal, deps);
      if (!mayRemove(tagsOf(found.Tags), spec.owner, removal)) return;
      const { LaunchTemplateId } = found;
      await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })).catch(ignoreNotFound);
    },

    async findRemainingLaunchTemplates(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        {
          find: async (Filters) =>
            (await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }))).LaunchTemplates ?? [],
          name: ({ LaunchTemplateId: id, LaunchTemplateName: name }) => ({ id, name }),
        },
        spec,
        by,
      );
    },
  };
};

/** A name is unique in a region. */
const find = async (ec2: Ec2, name: string): Promise<Ec2LaunchTemplate | undefined> => {
  const Filters = filters({ 'launch-template-name': name });
  const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }));
  return LaunchTemplates[0];
};

const create = async (ec2: Ec2, spec: LaunchTemplateSpec, UserData: string) => {
  const { name } = spec;
  const { LaunchTemplate: created } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: name,
      LaunchTemplateData: { UserData },
      TagSpecifications: tagsAtCreation('launch-template', spec),
    }),
  );
  const id = created?.LaunchTemplateId ?? '';
  const made: Made = { type: TYPE, id, name, origin: 'created' };
  return { made, template: { id, version: String(created?.LatestVersionNumber ?? 1) } };
};

const converge = async (
  ec2: Ec2,
  { found, spec, UserData }: { found: Ec2LaunchTemplate; spec: LaunchTemplateSpec; UserData: string },
) => {
  const { owner, name } = spec;
  const id = found.LaunchTemplateId ?? '';
  const { LaunchTemplateVersions: versions = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ['$Latest'] }),
  );
  const latest = versions[0];
  const isPlain = holdsOnlyUserData(latest?.LaunchTemplateData);
  const existing = { type: TYPE, id, name, tags: found.Tags };
  if (!isPlain && !isOwnedBy(tagsOf(found.Tags), owner)) {
    throw fail('Conflict', `launch template ${name} holds more than user data; it was left as it is`);
  }
  const made = await adoptTagged(ec2, existing, spec);
  if (isPlain && latest?.LaunchTemplateData?.UserData === UserData) {
    return { made, template: { id, version: String(latest.VersionNumber) } };
  }
  const { LaunchTemplateVersion: next } = await ec2.send(
    new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, LaunchTemplateData: { UserData } }),
  );
  return { made, template: { id, version: String(next?.VersionNumber) } };
};

/** Settings that no launch of ours makes are somebody else's work. */
const holdsOnlyUserData = (data: ResponseLaunchTemplateData = {}): boolean =>
  Object.entries(data).every(([member, value]) => member === 'UserData' || isNothing(value));

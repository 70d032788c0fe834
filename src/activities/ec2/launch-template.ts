/**
 * The workers' launch template: user data, and settings where its spec has some. A version never changes, so a difference
 * makes a new one, and the environment names it by its number.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
 */
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplate as Ec2LaunchTemplate,
  type LaunchTemplateVersion,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, type Made, mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { ImageFamily, LaunchTemplate, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { holdsExactly, holdsOnlyUserData, templateData } from './launch-template-data.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::LaunchTemplate';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

export const launchTemplateActivities = (deps: Deps) => {
  const ensure = async (spec: LaunchTemplateSpec, family: ImageFamily) => {
    const ec2 = deps.aws.ec2(spec.account);
    const data = templateData(spec, family);
    const found = await find(ec2, spec.name);
    return found ? await converge(ec2, { deps, found, spec, data }) : await create(ec2, spec, data);
  };

  return {
    /**
     * The version that holds just what is wanted. @throws Conflict where a template of the name is foreign, or holds more
     * than user data and is not its owner's.
     */
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

/** Its name is its key: what an earlier try made is found by it, and asked for twice it is refused. */
const create = async (ec2: Ec2, spec: LaunchTemplateSpec, data: RequestLaunchTemplateData) => {
  const { name } = spec;
  const { LaunchTemplate: created } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: name,
      LaunchTemplateData: data,
      TagSpecifications: tagsAtCreation('launch-template', spec),
    }),
  );
  const id = created?.LaunchTemplateId ?? '';
  const made: Made = { type: TYPE, id, name, origin: 'created' };
  return { made, template: { id, version: String(created?.LatestVersionNumber ?? 1) } };
};

interface Converging {
  readonly deps: Deps;
  readonly found: Ec2LaunchTemplate;
  readonly spec: LaunchTemplateSpec;
  readonly data: RequestLaunchTemplateData;
}

const converge = async (ec2: Ec2, { deps, found, spec, data }: Converging) => {
  const { owner, name } = spec;
  const id = found.LaunchTemplateId ?? '';
  const latest = await findVersion(ec2, id, '$Latest');
  // Of one with settings several may be in use: pools differ in their operating system, and what failed is put back.
  const versions = spec.settings ? await findVersions(ec2, id) : [latest];
  if (!holdsOnlyUserData(latest?.LaunchTemplateData) && !isOwnedBy(tagsOf(found.Tags), owner)) {
    throw fail('Conflict', `launch template ${name} holds more than user data; it was left as it is`);
  }
  const made = await adoptTagged(ec2, { type: TYPE, id, name, tags: found.Tags }, spec);
  const holding = versions.find((version) => holdsExactly(version?.LaunchTemplateData, data));
  if (holding) return { made, template: { id, version: String(holding.VersionNumber) } };
  const version = await createWithToken({
    deps,
    what: `a version of launch template ${name}`,
    // A version has no name: without the token a lost answer would make another one, and that replaces all workers.
    token: [owner, id, latest?.VersionNumber ?? 0, canonicalJson(data)],
    idOf: (number: string) => `${id}/${number}`,
    create: async (ClientToken) => {
      const { LaunchTemplateVersion: next } = await ec2.send(
        new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: id, LaunchTemplateData: data, ClientToken }),
      );
      return String(next?.VersionNumber);
    },
    isVisible: async (number) => (await findVersion(ec2, id, number)) !== undefined,
  });
  return { made, template: { id, version } };
};

/** The newest first. */
const findVersions = async (ec2: Ec2, LaunchTemplateId: string): Promise<LaunchTemplateVersion[]> => {
  const all = await collect(async (NextToken) => {
    const page = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, NextToken }));
    return { items: page.LaunchTemplateVersions, next: page.NextToken };
  });
  return all.toSorted((one, other) => (other.VersionNumber ?? 0) - (one.VersionNumber ?? 0));
};

const findVersion = async (ec2: Ec2, LaunchTemplateId: string, version: string) => {
  const query = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [version] });
  return (await ec2.send(query).catch(ignoreNotFound))?.LaunchTemplateVersions?.[0];
};

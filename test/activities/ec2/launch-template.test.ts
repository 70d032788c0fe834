import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { resourceCases } from './cases.ts';
import { createWorld, eventually, type World } from './world.ts';

const NAME = 'data-example-org-nf-jane';
const encode = (text: string): string => Buffer.from(text).toString('base64');

const seed = async ({ ec2 }: World, tags: Tags = {}, data: RequestLaunchTemplateData = {}): Promise<string> => {
  const Tags = tagList(tags);
  const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'launch-template' as const, Tags }] : undefined;
  const LaunchTemplateData = { UserData: encode('old'), ...data };
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: NAME, LaunchTemplateData, TagSpecifications }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
};

resourceCases({
  type: 'AWS::EC2::LaunchTemplate',
  operation: 'CreateLaunchTemplate',
  deletion: 'DeleteLaunchTemplate',
  prepare: async (world) => ({
    ensure: (plan) => world.activities.ensureLaunchTemplate(plan['launch-template'], 'AL2023'),
    remove: (plan, removal) => world.activities.deleteLaunchTemplate(plan['launch-template'], removal),
    seed: (tags) => seed(world, tags),
    destroy: async (LaunchTemplateId) =>
      void (await world.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }))),
  }),
  strangers: {
    'one with settings of its own': (world) => seed(world, {}, { InstanceType: 'm5.large' }),
  },
});

const dataOf = async (world: World, LaunchTemplateId: string, version: string) => {
  const { LaunchTemplateVersions = [] } = await world.ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [version] }),
  );
  return LaunchTemplateVersions[0]?.LaunchTemplateData;
};

test('other user data, or settings too much, make a new version, and the same none', async (t) => {
  const world = await createWorld(t);
  const { 'launch-template': launchTemplate } = world.plan;
  const ensure = (family: 'AL2' | 'AL2023') =>
    eventually(world.activities.ensureLaunchTemplate, launchTemplate, family);
  const first = await ensure('AL2023');
  expect(first.template.version).toBe('1');
  expect((await dataOf(world, first.template.id, '1'))?.UserData).toBe(encode(launchTemplate.userData.AL2023));

  const other = await ensure('AL2');
  expect(other.template).toEqual({ id: first.template.id, version: '2' });
  expect((await dataOf(world, first.template.id, '2'))?.UserData).toBe(encode(launchTemplate.userData.AL2));
  expect((await ensure('AL2')).template.version).toBe('2');

  const LaunchTemplateData = { UserData: encode(launchTemplate.userData.AL2), InstanceType: 'm5.large' as const };
  await world.ec2.send(
    new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: first.template.id, LaunchTemplateData }),
  );
  expect((await ensure('AL2')).template.version).toBe('4');
  expect((await dataOf(world, first.template.id, '4'))?.InstanceType).toBeUndefined();
});

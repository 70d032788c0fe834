import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import type { InstanceSettings } from '#domain/resources/instance.ts';
import { complete } from '../../control/rig.ts';
import { computeSpecs } from '../compute-specs.ts';
import { resourceCases } from './cases.ts';
import { createWorld, type World } from './world.ts';

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
  const ensure = (family: 'AL2' | 'AL2023') => complete(world.activities.ensureLaunchTemplate, launchTemplate, family);
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

/** A template of a compute environment, in an account of its own. */
const withSettings = async (world: World, change: (settings: InstanceSettings) => InstanceSettings) => {
  const { template } = computeSpecs(world.plan['launch-template'].account);
  if (!template.settings) throw new Error('the template has settings');
  const spec = { ...template, settings: change(template.settings) };
  return (await complete(world.activities.ensureLaunchTemplate, spec, 'AL2023')).template;
};

test('its settings are what instances start with: an encrypted gp3 volume, IMDSv2 alone, tags on all that costs', async (t) => {
  const world = await createWorld(t);
  const { id, version } = await withSettings(world, (settings) => ({
    ...settings,
    rootVolume: { gib: 100, throughputMibps: 325, kmsKeyId: 'alias/disks' },
    keyPair: 'ops',
  }));
  const data = await dataOf(world, id, version);
  expect(data).toMatchObject({
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: 100,
          Throughput: 325,
          Encrypted: true,
          KmsKeyId: 'alias/disks',
          DeleteOnTermination: true,
        },
      },
    ],
    KeyName: 'ops',
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2, HttpEndpoint: 'enabled' },
  });
  const { owner, tags } = computeSpecs(world.plan['launch-template'].account).template;
  for (const type of ['instance', 'volume', 'network-interface']) {
    const found = data?.TagSpecifications?.find(({ ResourceType }) => ResourceType === type)?.Tags ?? [];
    expect(Object.fromEntries(found.map(({ Key, Value }) => [Key, Value]))).toEqual({
      ...tags,
      'eyrie:compute-environment': owner.id,
      'eyrie:environment': owner.environment,
    });
  }
});

test('each setting that differs, or is left out now, makes a version, and the same settings none', async (t) => {
  const world = await createWorld(t);
  const full: InstanceSettings = {
    rootVolume: { gib: 100, throughputMibps: 325, kmsKeyId: 'alias/disks' },
    keyPair: 'ops',
    metadataHopLimit: 2,
    tags: { Name: 'n', team: 'genomics' },
  };
  const changes: InstanceSettings[] = [
    full,
    { ...full, rootVolume: { ...full.rootVolume, gib: 50 } },
    { ...full, rootVolume: { ...full.rootVolume, throughputMibps: null } },
    { ...full, rootVolume: { ...full.rootVolume, kmsKeyId: null } },
    { ...full, keyPair: null },
    { ...full, metadataHopLimit: 3 },
    { ...full, tags: { Name: 'n' } },
  ];
  for (const [at, settings] of changes.entries()) {
    const version = String(at + 1);
    expect(await withSettings(world, () => settings)).toMatchObject({ version });
    expect(await withSettings(world, () => settings)).toMatchObject({ version });
  }
  // What was once is used again.
  expect(await withSettings(world, () => full)).toMatchObject({ version: '1' });
});

test('a version whose answer was lost is not made twice', async (t) => {
  const world = await createWorld(t);
  const { id } = await withSettings(world, (settings) => settings);
  await world.account.faults({ service: 'ec2', operation: 'CreateLaunchTemplateVersion', fault: 'lost-answer' });
  const { version } = await withSettings(world, (settings) => ({ ...settings, keyPair: 'ops' }));
  expect(version).toBe('2');
  const { LaunchTemplateVersions = [] } = await world.ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id }),
  );
  expect(LaunchTemplateVersions).toHaveLength(2);
});

test('what carries no tag of ours is not taken over, whatever it holds', async (t) => {
  const world = await createWorld(t);
  const { template } = computeSpecs(world.plan['launch-template'].account);
  await world.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: template.name,
      LaunchTemplateData: { UserData: encode('x') },
    }),
  );
  const before = await world.account.inventory();
  await expect(withSettings(world, (settings) => settings)).rejects.toMatchObject({ type: 'Conflict' });
  expect(await world.account.inventory()).toEqual(before);
});

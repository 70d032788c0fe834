import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdsExactly, templateData } from '#activities/ec2/launch-template-data.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import type { InstanceSettings, LaunchTemplateSpec } from '#domain/resources/instance.ts';
import { computeSpecs } from '../compute-specs.ts';

const { template } = computeSpecs({ accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null });

/** Few values of each, so that two are often alike. */
const settings: fc.Arbitrary<InstanceSettings> = fc.record({
  rootVolume: fc.record({
    gib: fc.constantFrom(50, 100),
    throughputMibps: fc.constantFrom(null, 125, 325),
    kmsKeyId: fc.constantFrom(null, 'alias/one'),
  }),
  keyPair: fc.constantFrom(null, 'ops'),
  metadataHopLimit: fc.constantFrom(1, 2),
  // In one order: tags have none.
  tags: fc
    .dictionary(fc.constantFrom('Name', 'team'), fc.constantFrom('a', 'b'))
    .map((tags) => Object.fromEntries(Object.entries(tags).toSorted())),
});

const dataOf = (wanted: InstanceSettings) =>
  templateData({ ...template, settings: wanted } as LaunchTemplateSpec, 'AL2023');

/** As EC2 gives it back: lists the other way round, with states and empty members of its own. */
const shown = (data: ReturnType<typeof dataOf>): ResponseLaunchTemplateData =>
  ({
    ...data,
    MetadataOptions: { ...data.MetadataOptions, State: 'pending' },
    TagSpecifications: data.TagSpecifications?.map(({ ResourceType, Tags }) => ({
      ResourceType,
      Tags: Tags?.toReversed(),
    })).toReversed(),
    SecurityGroupIds: [],
    ElasticGpuSpecifications: [],
  }) as ResponseLaunchTemplateData;

test('a version holds what is wanted where both say the same, however EC2 shows it, and in no other case', () => {
  fc.assert(
    fc.property(settings, settings, (has, wanted) => {
      const same = canonicalJson(dataOf(has)) === canonicalJson(dataOf(wanted));
      expect(holdsExactly(shown(dataOf(has)), dataOf(wanted))).toBe(same);
      expect(holdsExactly(shown(dataOf(wanted)), dataOf(wanted))).toBe(true);
    }),
  );
});

test('a setting that nobody asked for is not what is wanted', () => {
  fc.assert(
    fc.property(settings, (wanted) => {
      expect(holdsExactly({ ...shown(dataOf(wanted)), InstanceType: 'm5.large' }, dataOf(wanted))).toBe(false);
      expect(holdsExactly(undefined, dataOf(wanted))).toBe(false);
    }),
  );
});

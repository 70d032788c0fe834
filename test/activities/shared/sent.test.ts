/** What a service adds to its answers is no drift: whatever it is, and at whatever depth. */
import type { ComputeEnvironmentDetail } from '@aws-sdk/client-batch';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { updateFor, wantedResources } from '#activities/batch/compute-environment-resources.ts';
import { holdsWhatWasSent, isNothing } from '#activities/shared/sent.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import type { ComputeEnvironmentParts } from '#domain/resources/batch.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { aWorkspace } from '../../domain/workspace-input.ts';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value with members that nobody sent in each of its objects, and its lists in another order. */
const withMore = (value: Json, extras: readonly (readonly [string, Json])[]): Json => {
  if (Array.isArray(value)) return value.toReversed().map((each) => withMore(each, extras));
  if (!isObject(value)) return value;
  const own = Object.entries(value).map(([member, each]) => [member, withMore(each, extras)] as const);
  const more = extras.filter(([member]) => !Object.hasOwn(value, member));
  return Object.fromEntries([...more, ...own]);
};

/** Paths to all that is no object and no list. */
const leaves = (value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
  Array.isArray(value) || isObject(value)
    ? Object.entries(value).flatMap(([key, each]) => leaves(each as Json, [...path, key]))
    : [path];

const changedAt = (value: Json, [key, ...rest]: readonly (string | number)[]): Json => {
  if (key === undefined) return `${JSON.stringify(value)}, changed`;
  if (Array.isArray(value))
    return value.map((each, index) => (String(index) === String(key) ? changedAt(each, rest) : each));
  if (!isObject(value)) return value;
  return { ...value, [key]: changedAt(value[key] ?? null, rest) };
};

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** Those that AWS's reference names, those that it may name tomorrow, and empty ones. */
const extra = fc.oneof(
  fc.constantFrom<readonly [string, Json]>(
    ['overrides', []],
    ['userdataType', 'EKS_BOOTSTRAP_SH'],
    ['batchImageStatus', 'LATEST'],
    ['imageKubernetesVersion', '1.31'],
    ['scalingPolicy', { minScaleDownDelayMinutes: 20 }],
    ['desiredvCpus', 4],
    ['placementGroup', ''],
    ['ec2KeyPair', ''],
    ['bidPercentage', 100],
  ),
  fc.tuple(fc.stringMatching(/^[a-z][A-Za-z]{2,12}$/), json),
);
const extras = fc.array(extra, { maxLength: 6 });

describe('what was sent', () => {
  test('is still there beside whatever else there is', () => {
    fc.assert(fc.property(json, extras, (sent, more) => holdsWhatWasSent(sent, withMore(sent, more))));
  });

  test('is still there where one element fits several that were found, and another only one of them', () => {
    expect(holdsWhatWasSent([{}, { a: 1 }], [{ a: 1 }, {}])).toBe(true);
    expect(holdsWhatWasSent([{}, { a: 1 }, { a: 1, b: 2 }], [{ a: 1, b: 2 }, { a: 1 }, {}])).toBe(true);
    expect(holdsWhatWasSent([{ a: 1 }, { a: 1 }], [{ a: 1 }, {}])).toBe(false);
  });

  test('is there no more where one value of it differs', () => {
    fc.assert(
      fc.property(
        json.filter((sent) => leaves(sent).length > 0),
        extras,
        fc.nat(),
        (sent, more, nth) => {
          const paths = leaves(sent);
          const changed = changedAt(sent, paths[nth % paths.length] ?? []);
          expect(holdsWhatWasSent(sent, withMore(changed, more))).toBe(false);
        },
      ),
    );
  });

  test('is there no more where a list is longer or shorter', () => {
    expect(holdsWhatWasSent({ a: [1, 2] }, { a: [2] })).toBe(false);
    expect(holdsWhatWasSent({ a: [2] }, { a: [1, 2] })).toBe(false);
    expect(holdsWhatWasSent({ a: [1, 1] }, { a: [1, 2] })).toBe(false);
    expect(holdsWhatWasSent({ a: 1 }, undefined)).toBe(false);
  });

  test('nothing is nothing at any depth', () => {
    for (const value of [undefined, null, [], {}, { a: [] }, { a: { b: undefined } }])
      expect(isNothing(value)).toBe(true);
    for (const value of [0, '', false, [0], { a: { b: '' } }]) expect(isNothing(value)).toBe(false);
  });
});

describe('a compute environment', () => {
  const plan = planWorkspace({ workspace: aWorkspace(), launchId: 'launch-1', timing: DEFAULT_TIMING });
  const spec = plan['compute-environment'];
  const parts: ComputeEnvironmentParts = {
    subnetIds: ['subnet-1', 'subnet-2', 'subnet-3'],
    securityGroupIds: ['sg-1'],
    launchTemplate: { id: 'lt-1', version: '3' },
    instanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/p',
    imageId: 'ami-1',
    imageFamily: 'AL2023',
  };
  const resources = JSON.parse(JSON.stringify(wantedResources(spec, parts))) as Json;
  const detailOf = (computeResources: Json) =>
    ({
      computeEnvironmentName: spec.name,
      computeEnvironmentArn: 'arn',
      type: 'MANAGED',
      state: 'ENABLED',
      status: 'VALID',
      tags: { 'eyrie:launch': 'launch-0' },
      computeResources,
      updatePolicy: { ...spec.updatePolicy },
    }) as unknown as ComputeEnvironmentDetail;

  test('with more members than were sent needs no update', () => {
    fc.assert(
      fc.property(extras, (more) => {
        expect(updateFor(detailOf(withMore(resources, more)), spec, parts)).toBeUndefined();
      }),
    );
  });

  test('in which one sent value differs gets an update of that field alone', () => {
    const paths = leaves(resources);
    fc.assert(
      fc.property(extras, fc.integer({ min: 0, max: paths.length - 1 }), (more, nth) => {
        const path = paths[nth] ?? [];
        const update = updateFor(detailOf(withMore(changedAt(resources, path), more)), spec, parts);
        expect(Object.keys(update?.computeResources ?? {})).toEqual([path[0]]);
      }),
    );
  });
});

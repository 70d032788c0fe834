import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#config/config-error.ts';
import { profileAuthzOf } from '#config/derived.ts';
import { parseConfig } from '#config/load.ts';

const minimal = {
  environment: 'brh.example.org',
  aws: { region: 'us-east-1', controlBucket: 'a-bucket' },
  sealingKeys: [{ id: 'a', key: Buffer.alloc(32).toString('base64') }],
  auth: { issuer: 'https://issuer.example.org' },
};

const parse = (parts: object) => parseConfig({ ...minimal, ...parts });

const problemsOf = (parts: object): readonly string[] => {
  try {
    parse(parts);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

const switches = fc.constantFrom(true, false, null, undefined);

test('a container is a profile where Hatchery would make it one; a block of our own unless it is switched off', () => {
  fc.assert(
    fc.property(fc.array(switches), fc.array(switches), (containers, profiles) => {
      const { profiles: found } = parse({
        containers: containers.map((enabled, nth) => ({ name: `container ${nth}`, nextflow: { enabled } })),
        profiles: Object.fromEntries(profiles.map((enabled, nth) => [`profile ${nth}`, { enabled }])),
      });
      expect(Object.keys(found).toSorted()).toEqual(
        [
          ...containers.flatMap((enabled, nth) => (enabled === true ? [`container ${nth}`] : [])),
          ...profiles.flatMap((enabled, nth) => (enabled === false ? [] : [`profile ${nth}`])),
        ].toSorted(),
      );
      for (const block of Object.values(found)) expect(block).not.toHaveProperty('enabled');
    }),
  );
});

test('a container that is no profile does not clash with one', () => {
  expect(
    problemsOf({ profiles: { a: {} }, containers: [{ name: 'a', nextflow: { enabled: false } }, { name: 'a' }] }),
  ).toEqual([]);
});

describe('authz of a container', () => {
  const withAuthz = (authz: unknown) => ({ containers: [{ name: 'a', nextflow: { enabled: true }, authz }] });

  test.each([
    { version: 0.1, resource_paths: ['/workspace/abc'] },
    { version: 0.1, pay_models: ['Direct Pay', 'None'] },
    { version: 0.1, or: [{ resource_paths: ['/a'] }, { pay_models: ['STRIDES Grant'] }] },
    { version: 0.1, and: [{ resource_paths: ['/a', '/b'] }, { pay_models: ['STRIDES Credits'] }] },
  ])('%j is kept as it is', (authz) => {
    expect(profileAuthzOf(parse(withAuthz(authz)))).toEqual({ a: authz });
  });

  test.each([
    {},
    { version: 0.2, resource_paths: ['/a'] },
    { version: 0.1 },
    { version: 0.1, resource_paths: [] },
    { version: 0.1, pay_models: ['Direct pay'] },
    { version: 0.1, resource_paths: ['/a'], pay_models: ['None'] },
    { version: 0.1, or: [{ resource_paths: ['/a'], pay_models: ['None'] }] },
    { version: 0.1, or: [{ or: [{ resource_paths: ['/a'] }] }] },
    { version: 0.1, or: [{}] },
    { version: 0.1, users: ['alice'] },
    'nobody',
  ])('%j stops the start: what is not understood can not be honoured', (authz) => {
    expect(problemsOf(withAuthz(authz)).length).toBeGreaterThan(0);
  });

  test('without one a container is for everybody, as in Hatchery', () => {
    expect(profileAuthzOf(parse(withAuthz(undefined)))).toEqual({});
    expect(profileAuthzOf(parse(withAuthz(null)))).toEqual({});
  });
});

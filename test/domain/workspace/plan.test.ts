import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { WorkspaceOverrides } from '../workspace-input.ts';
import { ACCOUNT_ID, aWorkspace } from '../workspace-input.ts';

const golden = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const plan = (overrides: WorkspaceOverrides = {}, launchId = 'launch-1') =>
  planWorkspace({ workspace: aWorkspace(overrides), launchId, timing: DEFAULT_TIMING });

/** Texts have golden files of their own. */
const withoutTexts = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member) =>
      key === 'userData' || key === 'account' || key === 'owner' || key === 'timing' ? undefined : member,
    ),
  );

test('the plan of a workspace is this', () => {
  expect(withoutTexts(plan())).toEqual(JSON.parse(golden('plan.json')));
});

test('every part says where and for whom', () => {
  const { foundation, ...parts } = plan();
  const owner = {
    kind: 'workspace',
    id: 'brh-data-commons-org.test-40example-2ecom',
    run: 'launch-1',
    environment: 'brh-data-commons-org',
  };
  for (const part of [
    ...Object.values(parts),
    ...parts.network.jobSubnets,
    parts.squid.instance,
    parts['jobs-role'].role,
  ]) {
    expect(part.owner).toEqual(owner);
    expect(part.account.accountId).toBe(ACCOUNT_ID);
  }
  expect(JSON.stringify(foundation)).not.toContain('launch-1');
  expect(JSON.stringify(foundation)).not.toContain('test-40example');
});

test('the same input gives the same plan, and another launch differs in its owner only', () => {
  fc.assert(
    fc.property(fc.emailAddress(), (user) => {
      expect(plan({ user })).toEqual(plan({ user }));
      expect(withoutTexts(plan({ user }, 'launch-2'))).toEqual(withoutTexts(plan({ user })));
      expect(JSON.parse(JSON.stringify(plan({ user })))).toEqual(plan({ user }));
    }),
    { numRuns: 25 },
  );
});

describe('image', () => {
  test('of a pipeline is read by the role of its account, not by that of the pay model', () => {
    const { preflight } = plan({
      nextflow: {
        'instance-ami': '',
        'instance-ami-builder-arn': 'arn:aws:imagebuilder:us-west-2:999999999999:image-pipeline/nextflow-fips',
      },
      global: { 'imagebuilder-reader-role-arn': 'arn:aws:iam::999999999999:role/reader' },
    });
    expect(preflight.imageId).toBeNull();
    expect(preflight.imagePipelineArn).toBe('arn:aws:imagebuilder:us-west-2:999999999999:image-pipeline/nextflow-fips');
    expect(preflight.imageReader).toEqual({
      accountId: '999999999999',
      region: 'us-west-2',
      roleArn: 'arn:aws:iam::999999999999:role/reader',
      externalId: null,
    });
  });
});

test.each([
  [0, 30],
  [-1, 30],
  [7, 7],
])('objects expire after %i days: %i', (days, expected) => {
  expect(plan({ global: { 's3-objects-expiration-days': days } }).foundation.bucket.expirationDays).toBe(expected);
});

test('a network of another range is split into four', () => {
  const settings = { vpcCidr: '10.20.0.0/20' };
  const { network, squid } = plan({ settings });
  expect([...network.jobSubnets, network.firewallSubnet].map(({ cidr }) => cidr)).toEqual([
    '10.20.0.0/22',
    '10.20.4.0/22',
    '10.20.8.0/22',
    '10.20.12.0/22',
  ]);
  expect(squid.securityGroup.ingress.cidr).toBe('10.20.0.0/20');
});

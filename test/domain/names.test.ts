import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentOf, escapeUser, htmlEscape, truncate64 } from '#domain/core/escaping.ts';
import { workspaceNames } from '#domain/workspace/names.ts';

describe('a user name in names', () => {
  test.each([
    ['test@example.com', 'test-40example-2ecom'],
    ['jane.doe@uchicago.edu', 'jane-2edoe-40uchicago-2eedu'],
    ["o'neil", 'o-26-2339-3bneil'],
    ['a-b', 'a-2db'],
    ['a_b', 'a-5fb'],
    ['Ab', '-41b'],
    ['Л', '-41b'],
    ['a\tb', 'a- 9b'],
    ['a\0b', 'a- 0b'],
    ['a<b>"&', 'a-26lt-3bb-26gt-3b-26-2334-3b-26amp-3b'],
    ['😀', '-1f600'],
    ['\ud800', '-fffd'],
    ['', ''],
  ])('%j is written as Hatchery writes it', (user, escaped) => {
    expect(escapeUser(user)).toBe(escaped);
  });

  test('html escaping uses the entities of Go', () => {
    expect(htmlEscape(`&<>'"`)).toBe('&amp;&lt;&gt;&#39;&#34;');
  });

  test('any name becomes one of few characters, always the same, and plain names stay', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (user) => {
        expect(escapeUser(user)).toMatch(/^(?:[a-z0-9]|-[ ]?[0-9a-f]+)*$/);
        expect(escapeUser(user)).toBe(escapeUser(user));
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]+$/), (user) => {
        expect(escapeUser(user)).toBe(user);
      }),
    );
  });
});

describe('truncate64', () => {
  test('cuts to 64 characters, and a dash at the end goes with its predecessor', () => {
    expect(truncate64('a'.repeat(64))).toBe('a'.repeat(64));
    expect(truncate64('a'.repeat(70))).toBe('a'.repeat(64));
    expect(truncate64(`${'a'.repeat(63)}-2e`)).toBe('a'.repeat(62));
    expect(truncate64('short')).toBe('short');
  });
});

test('every resource has the name that Hatchery gives it', () => {
  expect(
    workspaceNames({ hostname: 'brh.data-commons.org', user: 'test@example.com', accountId: '123456789012' }),
  ).toEqual({
    environment: 'brh-data-commons-org',
    escapedUser: 'test-40example-2ecom',
    vpc: 'brh-data-commons-org-nf-vpc-test-40example-2ecom',
    jobSubnets: [
      'brh-data-commons-org-nf-subnet-test-40example-2ecom-0',
      'brh-data-commons-org-nf-subnet-test-40example-2ecom-1',
      'brh-data-commons-org-nf-subnet-test-40example-2ecom-2',
    ],
    firewallSubnet: 'brh-data-commons-org-nf-subnet-fw-test-40example-2ecom',
    jobRouteTable: 'brh-data-commons-org-nf-rt-test-40example-2ecom',
    firewallRouteTable: 'brh-data-commons-org-nf-fw-rt-test-40example-2ecom',
    s3Endpoint: 'brh-data-commons-org-nf-s3-test-40example-2ecom',
    nat: 'brh-data-commons-org-nf-nat-test-40example-2ecom',
    squidSecurityGroup: 'brh-data-commons-org-nf-sg-fw-test-40example-2ecom',
    squidInstance: 'brh-data-commons-org-nf-squid-test-40example-2ecom',
    launchTemplate: 'brh-data-commons-org-nf-test-40example-2ecom',
    instanceProfile: 'brh-data-commons-org-nf-ecsInstanceRole',
    computeEnvironment: 'brh-data-commons-org-nf-compute-env-test-40example-2ecom',
    bucket: 'brh-data-commons-org-nf-123456789012',
    kmsAlias: 'alias/key-brh-data-commons-org-nf-123456789012',
    jobQueue: 'brh-data-commons-org-nf-job-queue-test-40example-2ecom',
    jobsPolicy: 'brh-data-commons-org-nf-jobs-test-40example-2ecom',
    jobsRole: 'brh-data-commons-org-nf-jobs-test-40example-2ecom',
    clientPolicy: 'brh-data-commons-org-nf-test-40example-2ecom',
    clientUser: 'brh-data-commons-org-nf-test-40example-2ecom',
    clientRole: 'brh-data-commons-org-nf-client-test-40example-2ecom',
    tag: 'brh-data-commons-org-hatchery-nf-test-40example-2ecom',
    sharedTag: 'brh-data-commons-org-hatchery-nf',
    path: '/brh-data-commons-org-hatchery-nf-test-40example-2ecom/',
  });
});

test('only the name of the jobs role is cut', () => {
  const names = workspaceNames({
    hostname: 'gen3.biodatacatalyst.nhlbi.nih.gov',
    user: 'jane.doe@uchicago.edu',
    accountId: '1',
  });
  expect(names.jobsRole).toHaveLength(64);
  expect(names.clientUser).toHaveLength(34 + 4 + 27);
});

test('the environment only turns dots into dashes', () => {
  expect(environmentOf('Qa-Brh.Planx-pla.net')).toBe('Qa-Brh-Planx-pla-net');
});

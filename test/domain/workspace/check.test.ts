import { _InstanceType } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRequest, findRefusal } from '#domain/workspace/check.ts';
import { checkNames } from '#domain/workspace/check-names.ts';
import { workspaceNames } from '#domain/workspace/names.ts';
import { allowedBesides } from '#domain/workspace/plan.ts';
import { squidUserData } from '#domain/workspace/squid-user-data.ts';
import { launchTemplateUserData } from '#domain/workspace/user-data.ts';
import { ACCOUNT_ID, aWorkspace, type WorkspaceOverrides } from '../workspace-input.ts';

const pointers = (overrides: WorkspaceOverrides) => checkRequest(aWorkspace(overrides)).map(({ pointer }) => pointer);
const details = (overrides: WorkspaceOverrides) =>
  checkRequest(aWorkspace(overrides))
    .map(({ detail }) => detail)
    .join('\n');

test('a good request has no problem', () => {
  expect(checkRequest(aWorkspace())).toEqual([]);
  expect(findRefusal(aWorkspace())).toBeUndefined();
  expect(pointers({ nextflow: { 'instance-type': 'optimal', 'compute-environment-type': 'SPOT' } })).toEqual([]);
  expect(pointers({ nextflow: { 'instance-type': 'c5.large, m5' } })).toEqual([]);
});

test('all problems come at once, each at its place in the body', () => {
  const refusal = findRefusal(
    aWorkspace({
      user: '',
      nextflow: {
        'compute-environment-type': 'FARGATE',
        'instance-ami': '',
        'instance-type': '',
        'instance-min-vcpus': 10,
        'job-image-whitelist': ['good/image:1', "bad image'"],
        's3-bucket-whitelist': ['$' + '{aws:username}'],
      },
      payModel: { ecs: true, request_status: 'above limit', account_id: '12' },
    }),
  );
  expect(refusal?.code).toBe('Invalid');
  expect(refusal?.problems.map(({ pointer }) => pointer)).toEqual([
    '/user',
    '/nextflow/compute-environment-type',
    '/nextflow/instance-ami',
    '/nextflow/instance-type',
    '/nextflow/instance-min-vcpus',
    '/nextflow/job-image-whitelist/1',
    '/nextflow/s3-bucket-whitelist/0',
    '/payModel/request_status',
    '/payModel/account_id',
  ]);
});

test('a problem in a profile points at the profile and names the setting', () => {
  expect(checkRequest(aWorkspace({ profile: 'nextflow', nextflow: { 'instance-max-vcpus': 0 } }))).toEqual([
    { pointer: '/profile', detail: expect.stringContaining('instance-max-vcpus of profile nextflow') },
  ]);
});

describe('compute environment type', () => {
  test.each([
    ['FARGATE', 'use EC2'],
    ['FARGATE_SPOT', 'use SPOT'],
    ['', 'must be EC2 or SPOT'],
    ['ec2', 'must be EC2 or SPOT'],
  ])('%j is refused: %s', (type, text) => {
    expect(details({ nextflow: { 'compute-environment-type': type } })).toContain(text);
  });
});

describe('instance types', () => {
  /** Those of the SDK, which knows most of what EC2 offers. */
  const types = Object.values(_InstanceType);

  test.each([
    ['each type that EC2 has', types],
    ['each family', [...new Set(types.map((type) => type.split('.')[0] ?? ''))]],
    ['each word that lets Batch choose', ['optimal', 'default_x86_64', 'default_arm64']],
  ])('%s may be given', (_what, names) => {
    expect(names.length).toBeGreaterThan(2);
    const refused = names.filter((name) => pointers({ nextflow: { 'instance-type': name } }).length > 0);
    expect(refused).toEqual([]);
  });

  test.each(['default_mips', 'C5.large', 'c5.', '.large', 'c5 large', 'c5.large.', 'm_5', '5c', 'c5;d'])(
    '%j may not, and the detail names the words',
    (name) => {
      expect(details({ nextflow: { 'instance-type': name } })).toContain('optimal, default_x86_64, default_arm64');
    },
  );
});

describe('image', () => {
  const pipeline = `arn:aws:imagebuilder:us-east-1:${ACCOUNT_ID}:image-pipeline/nextflow-fips`;
  const reader = `arn:aws:iam::${ACCOUNT_ID}:role/nextflow-imagebuilder-reader`;

  test('a pipeline needs the role that reads it', () => {
    const nextflow = { 'instance-ami': '', 'instance-ami-builder-arn': pipeline };
    expect(details({ nextflow })).toContain('imagebuilder-reader-role-arn');
    expect(pointers({ nextflow, global: { 'imagebuilder-reader-role-arn': reader } })).toEqual([]);
  });

  test('a fixed image wins, so nothing is asked of the pipeline', () => {
    expect(pointers({ nextflow: { 'instance-ami-builder-arn': pipeline } })).toEqual([]);
  });

  test('none of the two names both settings', () => {
    const text = details({ nextflow: { 'instance-ami': '' } });
    expect(text).toContain('instance-ami,');
    expect(text).toContain('instance-ami-builder-arn');
  });
});

describe('pay model', () => {
  const account = { ecs: true, account_id: ACCOUNT_ID };
  test.each([
    [null, undefined],
    [{ ...account, request_status: 'active' }, undefined],
    [{ ecs: false, request_status: 'pending' }, undefined],
    [{ ...account, request_status: 'above limit' }, 'PayModelInactive'],
    [{ ecs: false, request_status: 'above limit' }, 'PayModelInactive'],
    [{ ...account, request_status: 'pending' }, 'PayModelInactive'],
    [account, 'PayModelInactive'],
  ])('%j gives %s', (payModel, code) => {
    expect(findRefusal(aWorkspace({ payModel }))?.code).toBe(code);
  });
});

describe('names', () => {
  const hostname = 'gen3.biodatacatalyst.nhlbi.nih.gov';

  test('a user whose IAM name is over 64 characters is refused before anything is made', () => {
    const refusal = findRefusal(aWorkspace({ hostname, user: 'jane.doe@uchicago.edu' }));
    expect(refusal?.code).toBe('NameTooLong');
    expect(refusal?.problems).toEqual([{ pointer: '/user', detail: expect.stringContaining('has 65 characters') }]);
    expect(findRefusal(aWorkspace({ hostname, user: 'jan.doe@uchicago.edu' }))).toBeUndefined();
  });

  test('a name with a space in it is refused', () => {
    const problems = checkNames(aWorkspace({ user: 'a\tb' }));
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map(({ pointer }) => pointer))).toEqual(new Set(['/user']));
  });

  test('a host name that makes the shared names too long is the problem of no user', () => {
    expect(checkNames(aWorkspace({ hostname: 'h'.repeat(47), user: 'a' }))).toEqual([
      { pointer: '', detail: expect.stringContaining('IAM role') },
    ]);
    expect(checkNames(aWorkspace({ hostname: 'h'.repeat(45), user: 'a' }))).toEqual([]);
    expect(checkNames(aWorkspace({ hostname: 'h'.repeat(48), user: 'a' })).map(({ detail }) => detail)).toEqual([
      expect.stringContaining('S3 bucket'),
      expect.stringContaining('IAM role'),
    ]);
  });

  test('what passes is legal to AWS', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.domain(), (user, host) => {
        const workspace = aWorkspace({ user, hostname: host });
        const names = workspaceNames({ hostname: host, user, accountId: ACCOUNT_ID });
        const legal =
          /^[\w+=,.@-]{1,64}$/.test(names.clientUser) &&
          /^[\w+=,.@-]{1,64}$/.test(names.instanceProfile) &&
          /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(names.bucket) &&
          /^[A-Za-z0-9][\w-]{0,127}$/.test(names.computeEnvironment);
        expect(checkNames(workspace).length === 0).toBe(legal);
      }),
    );
  });
});

describe('documents', () => {
  const long = (count: number) => Array.from({ length: count }, (_, index) => `quay.io/nextflow/image-number-${index}`);

  test('a whitelist that overflows the policy is refused, one that just fits is not', () => {
    const fits = (count: number) => pointers({ nextflow: { 'job-image-whitelist': long(count) } }).length === 0;
    const most = Array.from({ length: 300 }, (_, index) => index).findLast(fits);
    expect(most).toBeGreaterThan(50);
    expect(pointers({ nextflow: { 'job-image-whitelist': long((most ?? 0) + 1) } })).toEqual([
      '/nextflow/job-image-whitelist',
    ]);
  });

  test('many buckets overflow the policies too', () => {
    const buckets = Array.from({ length: 100 }, (_, index) => `some-bucket-with-a-name-${index}`);
    expect(pointers({ nextflow: { 's3-bucket-whitelist': buckets } })).toEqual(['/nextflow/s3-bucket-whitelist']);
  });
});

describe('user data that EC2 would refuse for its length, after the network was made', () => {
  const LONGEST = 16_384;
  const counts = [1, 20, ...Array.from({ length: 60 }, (_, index) => 90 + index), 300];

  test('the workers’, by their private repositories', () => {
    const told = counts.map((count) => {
      const imageWhitelist = Array.from({ length: count }, (_, index) => `${index}.ecr.a`);
      const { escapedUser, account } = aWorkspace();
      const { length } = launchTemplateUserData('AL2023', { imageWhitelist, escapedUser, region: account.region });
      const text = details({ nextflow: { 'job-image-whitelist': imageWhitelist } });
      expect([count, text.includes('user data')]).toEqual([count, length > LONGEST]);
      return length > LONGEST;
    });
    expect(new Set(told).size).toBe(2);
  });

  test('the proxy’s, by the domains that are configured', () => {
    const told = counts.map((count) => {
      const { settings } = aWorkspace();
      const moreDomains = Array.from({ length: 10 * count }, (_, index) => `${index}.example.org`);
      const overrides = { settings: { squid: { ...settings.squid, moreDomains } } };
      const workspace = aWorkspace(overrides);
      const parts = { vpcCidr: settings.vpcCidr, moreDomains: allowedBesides(workspace) };
      const { length } = squidUserData({ family: 'AL2023', ...parts });
      expect([count, details(overrides).includes('user data')]).toEqual([count, length > LONGEST]);
      return length > LONGEST;
    });
    expect(new Set(told).size).toBe(2);
  });
});

test.each(['10.0.0.0/8', '10.0.0.0/27', '10.0.0.1/16', '10.0.0.0', '300.0.0.0/16'])(
  'the configured network can not be %s',
  (vpcCidr) => {
    expect(details({ settings: { vpcCidr } })).toContain('must be an IPv4 range of /16 to /26');
  },
);

import { describe, expect, test } from 'vitest';
import { stringify as renderYaml } from 'yaml';
import type { EyrieOptions } from '#domain/compute/config.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import { aCompute as anyCompute, aPool, type ComputeOverrides } from '../compute-input.ts';

const FORGE_ID = 'a1b2c3d4e5f6g7h8i9j0';

const aCompute = (overrides: ComputeOverrides = {}) => anyCompute({ forgeId: FORGE_ID, name: 'rnaseq', ...overrides });

const MAIN = `TowerForge-${FORGE_ID}`;
const ROLE = 'arn:aws:iam::123456789012:role';

/** Without what all parts share, and what has golden files of its own. */
const outline = (plan: ReturnType<typeof planCompute>): string =>
  renderYaml(
    JSON.parse(
      JSON.stringify(plan, (key, member) =>
        ['account', 'owner', 'userData', 'adoptable'].includes(key) || isRepeated(key, member)
          ? undefined
          : parsed(member),
      ),
    ),
    { lineWidth: 0, aliasDuplicateObjects: false },
  );

/** What an environment works as stands under the steps of those roles. */
const isRepeated = (key: string, member: unknown): boolean => key === 'roles' && typeof member === 'object';

/** Policies are texts in a plan. */
const parsed = (member: unknown): unknown =>
  typeof member === 'string' && member.startsWith('{"Version"') ? JSON.parse(member) : member;

const slots = (plan: ReturnType<typeof planCompute>) => plan['reserve-slots']?.names;

test('everything of EC2 mode', async () => {
  const plan = planCompute(aCompute({ labels: { team: 'omics' } }), 'run-1');
  await expect(outline(plan)).toMatchFileSnapshot('../golden/compute-plan-ec2.yaml');
});

test('everything of SPOT mode with a Fargate head, a file system, fair share and a pool of its own', async () => {
  const plan = planCompute(
    aCompute({
      config: { waveEnabled: true, fusion2Enabled: true },
      forge: { type: 'SPOT', fargateHeadEnabled: true, efsCreate: true, fsxSize: 1200, bidPercentage: 60 },
      eyrie: {
        pools: [aPool({ name: 'gpu', label: 'gpu', gpuEnabled: true, type: 'SPOT', allocStrategy: 'BEST_FIT' })],
        serviceRole: true,
        rolePath: '/forge/',
        permissionsBoundary: 'arn:aws:iam::123456789012:policy/bound',
        fairShare: { shareDecaySeconds: 600, computeReservation: 10, shares: [{ identifier: 'a', weight: 1 }] },
      },
    }),
    'run-1',
  );
  await expect(outline(plan)).toMatchFileSnapshot('../golden/compute-plan-spot.yaml');
});

describe('the modes', () => {
  test('EC2: heads and tasks share one pool, whose names have no suffix', () => {
    const input = aCompute();
    expect(poolsOf(input)).toMatchObject([{ name: 'main', role: 'both', queue: MAIN, environment: MAIN, type: 'EC2' }]);
    expect(slots(planCompute(input, ''))).toEqual({ queue: [MAIN], computeEnvironment: [MAIN] });
  });

  test('SPOT: heads run on demand, on one instance', () => {
    const [head, work] = poolsOf(aCompute({ forge: { type: 'SPOT', maxCpus: 1000, instanceTypes: ['p4d'] } }));
    expect(head).toMatchObject({ name: 'head', type: 'EC2', maxvCpus: 16, minvCpus: 0, instanceTypes: ['optimal'] });
    expect(work).toMatchObject({
      name: 'work',
      type: 'SPOT',
      maxvCpus: 1000,
      instanceTypes: ['p4d'],
      allocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
    });
  });

  test.each([
    [1, 16],
    [16, 16],
    [17, 32],
    [48, 64],
  ])('a head of %i vCPUs has a pool of %i', (headJobCpus, maxvCpus) => {
    expect(poolsOf(aCompute({ config: { headJobCpus }, forge: { type: 'SPOT' } }))[0]).toMatchObject({ maxvCpus });
  });

  test('Fargate: heads need no instance, and have a role of their own', () => {
    const plan = planCompute(aCompute({ forge: { type: 'SPOT', fargateHeadEnabled: true } }), '');
    expect(plan['compute-environment-head']).toMatchObject({ type: 'FARGATE', maxvCpus: 16 });
    expect(plan['compute-environment-head']).not.toHaveProperty('instanceTypes');
    expect(plan['head-role']?.name).toBe(`${MAIN}-FargateRole`);
    expect(plan['canary-head']).toMatchObject({ platform: 'FARGATE', vcpus: 0.25 });
  });

  test('further pools and DRAGEN have queues of their own, found by label', () => {
    const input = aCompute({
      forge: { type: 'SPOT', dragenEnabled: true, dragenAmiId: 'ami-d', dragenInstanceType: 'f2.12xlarge' },
      eyrie: { pools: [aPool({ name: 'big', label: 'big_mem' })] },
      generations: { work: 2 },
    });
    expect(poolsOf(input).map(({ name, label }) => [name, label])).toEqual([
      ['head', null],
      ['work', null],
      ['big', 'big_mem'],
      ['dragen', 'dragen'],
    ]);
    expect(slots(planCompute(input, ''))).toEqual({
      queue: [`${MAIN}-head`, `${MAIN}-work`, `${MAIN}-big`, `${MAIN}-dragen`],
      computeEnvironment: [`${MAIN}-head`, `${MAIN}-work-g2`, `${MAIN}-big`, `${MAIN}-dragen`],
    });
    expect(poolsOf(input)[3]).toMatchObject({ instanceTypes: ['f2.12xlarge'], imageId: 'ami-d' });
  });
});

describe('defaults', () => {
  test.each([
    ['nothing is said', {}, {}, ['optimal']],
    ['ARM', {}, { arm64Enabled: true }, ['m6g', 'r6g', 'c6g']],
    ['NVMe', { nvnmeStorageEnabled: true }, {}, ['m6id', 'r6id', 'c6id']],
    ['NVMe on ARM', { nvnmeStorageEnabled: true }, { arm64Enabled: true }, ['m6gd', 'r6gd', 'c6gd']],
    ['GPU', {}, { gpuEnabled: true }, ['g4dn', 'g5']],
    ['a list', { nvnmeStorageEnabled: true }, { instanceTypes: ['i4i'] }, ['i4i']],
  ] as const)('instance types where %s', (_name, config, forge, types) => {
    expect(poolsOf(aCompute({ config, forge }))[0]?.instanceTypes).toEqual(types);
  });

  test.each([
    ['nothing is said', {}, {}, { gib: 50, throughputMibps: null }],
    ['Fusion', { fusion2Enabled: true }, {}, { gib: 100, throughputMibps: 325 }],
    ['Fusion on NVMe', { fusion2Enabled: true, nvnmeStorageEnabled: true }, {}, { gib: 50, throughputMibps: null }],
    ['a size', { fusion2Enabled: true }, { ebsBootSize: 70 }, { gib: 70, throughputMibps: 325 }],
  ] as const)('the root volume where %s', (_name, config, forge, volume) => {
    const plan = planCompute(aCompute({ config, forge }), '');
    expect(plan['launch-template']?.settings?.rootVolume).toMatchObject(volume);
  });

  test('a price limit is for Spot, and one of 0 is none', () => {
    const bid = (type: 'SPOT' | 'EC2', bidPercentage: number) =>
      planCompute(aCompute({ forge: { type, bidPercentage } }), '')[
        `compute-environment-${type === 'EC2' ? 'main' : 'work'}`
      ];
    expect(bid('SPOT', 60)).toMatchObject({ bidPercentage: 60 });
    expect(bid('SPOT', 0)).not.toHaveProperty('bidPercentage');
    expect(bid('EC2', 60)).not.toHaveProperty('bidPercentage');
  });
});

describe('what is not wanted is not planned', () => {
  test('roles that the options give are not made', () => {
    const given = { executionRole: `${ROLE}/e`, headJobRole: `${ROLE}/h` };
    const plan = planCompute(aCompute({ config: given, forge: { type: 'SPOT', fargateHeadEnabled: true } }), '');
    expect([plan['execution-role'], plan['head-role'], plan['service-role'], plan['fleet-role']]).toEqual(
      Array(4).fill(null),
    );
    expect(plan.preflight).toMatchObject({ roles: 1, profiles: 1, roleArns: [`${ROLE}/e`, `${ROLE}/h`] });
  });

  test('a fleet role is for BEST_FIT on Spot alone', () => {
    const made = (type: 'SPOT' | 'EC2') =>
      planCompute(aCompute({ forge: { type, allocStrategy: 'BEST_FIT' } }), '')['fleet-role'] !== null;
    expect(made('SPOT')).toBe(true);
    expect(made('EC2')).toBe(false);
  });

  test('a log group that is named is used, and none is made', () => {
    const plan = planCompute(aCompute({ config: { logGroup: '/lab/jobs' } }), '');
    expect(plan['log-group']).toBeNull();
    expect(plan.preflight.logGroup).toBe('/lab/jobs');
    expect(plan['canary-main']?.logGroup).toBe('/lab/jobs');
  });

  test('neither canary nor time limits where they are switched off', () => {
    const plan = planCompute(aCompute({ eyrie: { canary: false, unschedulableSeconds: null } }), '');
    expect(plan['canary-main']).toBeNull();
    expect(plan['job-queue-main']).not.toHaveProperty('jobStateTimeLimits');
  });

  test('what exists is mounted, not made', () => {
    const plan = planCompute(aCompute({ forge: { efsId: 'fs-1', fsxName: 'fs-2.fsx.us-east-1.amazonaws.com' } }), '');
    expect([plan.efs, plan.lustre]).toEqual([null, null]);
    expect(plan.preflight).toMatchObject({ efsId: 'fs-1', lustreName: 'fs-2.fsx.us-east-1.amazonaws.com' });
  });
});

test('a label `Name` wins over ours, and what instances carry does not change with the run', () => {
  const template = (run: string) =>
    planCompute(aCompute({ labels: { Name: 'lab', cost: '7' } }), run)['launch-template']?.settings?.tags;
  expect(template('run-1')).toEqual({
    Name: 'lab',
    cost: '7',
    'eyrie:compute-environment': `brh-data-commons-org.${FORGE_ID}`,
    'eyrie:environment': 'brh-data-commons-org',
  });
  expect(template('run-2')).toEqual(template('run-1'));
});

test('Lustre is scratch unless its data is to be backed up or has a key of its own', () => {
  const lustre = (eyrie: Partial<EyrieOptions>) =>
    planCompute(aCompute({ forge: { fsxSize: 1200 }, eyrie }), '').lustre?.fileSystem.deployment;
  expect(lustre({})).toBe('SCRATCH_2');
  expect(lustre({ dataGuard: 'snapshot' })).toBe('PERSISTENT_2');
  expect(lustre({ kmsKeyId: 'k' })).toBe('PERSISTENT_2');
});

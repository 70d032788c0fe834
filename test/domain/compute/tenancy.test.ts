import { describe, expect, test } from 'vitest';
import { stringify as renderYaml } from 'yaml';
import { refusedChanges } from '#domain/compute/changes.ts';
import { computeStandingCost } from '#domain/compute/cost.ts';
import { exchanged, generationsAfter } from '#domain/compute/generations.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { renderComputeNextflowConfig } from '#domain/compute/nextflow-config.ts';
import { outlineCompute } from '#domain/compute/outline.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { jobRolesOf } from '#domain/compute/policies.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import { tenantsOwn } from '#domain/compute/tenancy.ts';
import { aCompute, aPool, aTenant, type ComputeOverrides } from '../compute-input.ts';
import { mayHappen, maySubmit } from '../iam.ts';

const aShared = ({ eyrie, ...overrides }: ComputeOverrides = {}) =>
  aCompute({
    forgeId: 's1b2c3d4e5f6g7h8i9j0',
    forge: { type: 'SPOT' },
    ...overrides,
    eyrie: { shared: true, ...eyrie },
  });

const SHARED = aShared();
const ONE = aTenant(SHARED, { forgeId: 'a1b2c3d4e5f6g7h8i9j0', config: { workDir: 's3://one/work' } });
const TWO = aTenant(SHARED, { forgeId: 'b1b2c3d4e5f6g7h8i9j0', config: { workDir: 's3://two/work' } });

const IAM = 'arn:aws:iam::123456789012';
const BATCH = 'arn:aws:batch:us-east-1:123456789012';
const QUEUE = `${BATCH}:job-queue/TowerForge-${SHARED.forgeId}-work`;

const jobPolicies = (input: ComputeInput): unknown[] =>
  Object.values(planCompute(input, '')['job-role']?.inline ?? {}).map((text) => JSON.parse(text));

const mayJobsOf = (input: ComputeInput, action: string, resource: string, context: Record<string, string> = {}) =>
  mayHappen(jobPolicies(input), { principal: jobRolesOf(input).compute ?? '', action, resource, context });

describe('a tenant', () => {
  test('makes a role, a log group and proofs, and nothing else', async () => {
    const plan = planCompute(ONE, 'run-1');
    const shown = JSON.parse(
      JSON.stringify(plan, (key, member) => (['account', 'owner', 'adoptable'].includes(key) ? undefined : member)),
      (_, member) =>
        typeof member === 'string' && member.startsWith('{"Version"') ? JSON.parse(member) : (member as unknown),
    );
    await expect(renderYaml(shown, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
      '../golden/compute-plan-tenant.yaml',
    );
    expect(outlineCompute(ONE, plan).map(({ name, after }) => [name, after])).toEqual([
      ['preflight', []],
      ['log-group', ['preflight']],
      ['job-role', ['preflight']],
      ['canary-head', ['preflight', 'job-role', 'log-group']],
      ['canary-work', ['preflight', 'job-role', 'log-group']],
      ['publish', ['canary-head', 'canary-work']],
    ]);
  });

  test('makes no role where it is given both', () => {
    const roles = { headJobRole: `${IAM}:role/h`, computeJobRole: `${IAM}:role/c` };
    expect(planCompute(aTenant(SHARED, { config: roles }), '')['job-role']).toBeNull();
    const half = aTenant(SHARED, { config: { computeJobRole: `${IAM}:role/c` } });
    expect(planCompute(half, '')['job-role']).not.toBeNull();
    expect(jobRolesOf(half)).toMatchObject({ compute: `${IAM}:role/c`, head: expect.stringContaining('-JobRole') });
  });

  test('costs nothing while nothing runs, and has no instances that an update would exchange', () => {
    const warm = aShared({ forge: { type: 'SPOT', minCpus: 8 }, eyrie: { pools: [aPool()] } });
    const tenant = aTenant(warm);
    const later = aTenant({
      ...warm,
      config: { ...warm.config, forge: { ...warm.config.forge, instanceTypes: ['c7i'] } },
    });
    expect(computeStandingCost(tenant, planCompute(tenant, '')).perMonth).toBe(0);
    expect(exchanged(tenant, later)).toEqual([]);
    expect(generationsAfter(tenant, later, ['work'])).toEqual({});
    expect(poolsOf(tenant).map(({ name, label, queue, environment }) => [name, label, queue, environment])).toEqual([
      ['head', null, `TowerForge-${warm.forgeId}-head`, null],
      ['work', null, `TowerForge-${warm.forgeId}-work`, null],
      ['big', 'big_mem', `TowerForge-${warm.forgeId}-big`, null],
    ]);
  });

  test('stays with the one that it runs in, and is one for good', () => {
    const pointers = (to: ComputeInput) => refusedChanges(ONE, to).map(({ pointer }) => pointer);
    const elsewhere = aTenant(aShared({ forgeId: 't1b2c3d4e5f6g7h8i9j0' }), { forgeId: ONE.forgeId });
    expect(pointers(elsewhere)).toContain('/config/eyrie/tenantOf');
    expect(refusedChanges(aCompute(), aCompute({ eyrie: { shared: true } })).map(({ pointer }) => pointer)).toContain(
      '/config/eyrie/shared',
    );
  });

  test('says of itself what it said', () => {
    const own = aTenant(SHARED, {
      config: { workDir: 's3://x' },
      forge: { allowBuckets: ['s3://y'] },
      eyrie: { alias: 'a' },
    });
    expect(tenantsOwn(own.config)).toMatchObject({
      workDir: 's3://x',
      forge: { allowBuckets: ['s3://y'], disposeOnDeletion: true },
      eyrie: { alias: 'a', canary: true },
    });
    expect(tenantsOwn(own.config)).not.toHaveProperty('fusion2Enabled');
    expect(tenantsOwn(own.config)).not.toHaveProperty('forge.type');
    expect(tenantsOwn(own.config)).not.toHaveProperty('eyrie.fairShare');
  });

  test('has a configuration of Nextflow with its share, its role and its tag, in queues of the other', async () => {
    await expect(renderComputeNextflowConfig(ONE)).toMatchFileSnapshot('../golden/compute-tenant.config');
  });
});

test('five hundred tenants need the places of one', () => {
  const tenants = Array.from({ length: 500 }, () => aTenant(SHARED));
  const plans = tenants.map((tenant) => planCompute(tenant, ''));
  expect(plans.flatMap((plan) => plan['reserve-slots'] ?? [])).toEqual([]);
  expect(planCompute(SHARED, '')['reserve-slots']?.names.queue).toHaveLength(2);
  const shares = plans.map((plan) => plan['canary-work']?.shareIdentifier ?? '');
  expect(new Set(shares).size).toBe(500);
  for (const share of shares) expect(share).toMatch(/^[A-Za-z0-9]{1,255}$/);
  // IAM gives an account 1,000 roles unless it asks for more.
  expect(plans.map(({ preflight }) => preflight.roles)).toEqual(Array(500).fill(1));
});

describe('one that is shared', () => {
  const plan = planCompute(SHARED, '');

  test('has instances whose role may do what ECS needs, and no more', () => {
    expect(plan['instance-role']?.role.inline).toEqual({});
    expect(plan['instance-role']?.role.managedPolicyArns).toEqual([
      'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    ]);
    expect(plan['launch-template']?.settings?.metadataHopLimit).toBe(1);
  });

  test('shares fairly, whatever it says of shares', () => {
    expect(plan['scheduling-policy']).toMatchObject({ shareDecaySeconds: 3_600, computeReservation: 0, shares: [] });
    const shares = [{ identifier: ONE.forgeId, weight: 0.5 }];
    const fairShare = { shareDecaySeconds: 60, computeReservation: 5, shares };
    expect(planCompute(aShared({ eyrie: { fairShare } }), '')['scheduling-policy']).toMatchObject(fairShare);
  });

  test('has a role and a share for jobs of its own, with a Fargate head, too', () => {
    const fargate = aShared({
      config: { waveEnabled: true, fusion2Enabled: true },
      forge: { type: 'SPOT', fargateHeadEnabled: true },
    });
    const { 'job-role': jobs, 'head-role': head, 'canary-head': canary } = planCompute(fargate, '');
    expect([jobs?.name, head]).toEqual([`TowerForge-${SHARED.forgeId}-JobRole`, null]);
    expect(canary).toMatchObject({
      shareIdentifier: SHARED.forgeId,
      platform: 'FARGATE',
      jobRoleArn: jobRolesOf(fargate).compute,
    });
    expect(renderComputeNextflowConfig(fargate)).toContain(`shareIdentifier = '${SHARED.forgeId}'`);
  });
});

describe('jobs of a tenant', () => {
  const tagged = (input: ComputeInput) => ({
    'aws:ResourceTag/eyrie:compute-environment': `${input.environment}.${input.forgeId}`,
  });

  test.each<[boolean, string, string, Record<string, string>?]>([
    [true, 'batch:TerminateJob', `${BATCH}:job/1`, tagged(ONE)],
    [true, 'batch:TerminateJob', `${BATCH}:job/1`],
    [false, 'batch:TerminateJob', `${BATCH}:job/1`, tagged(TWO)],
    [false, 'batch:TagResource', `${BATCH}:job/1`, tagged(TWO)],
    [false, 'batch:TagResource', QUEUE],
    [false, 'batch:UpdateJobQueue', QUEUE],
    [true, 's3:GetObject', 'arn:aws:s3:::one/scratch/x'],
    [false, 's3:GetObject', 'arn:aws:s3:::two/scratch/x'],
    [false, 's3:ListBucket', 'arn:aws:s3:::two'],
    [true, 'iam:PassRole', jobRolesOf(ONE).compute ?? '', { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    [true, 'iam:PassRole', jobRolesOf(SHARED).execution, { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    [false, 'iam:PassRole', jobRolesOf(TWO).compute ?? '', { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    [false, 'iam:PassRole', jobRolesOf(SHARED).compute ?? '', { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    [
      false,
      'logs:GetLogEvents',
      `arn:aws:logs:us-east-1:123456789012:log-group:/aws/batch/TowerForge-${TWO.forgeId}:log-stream:x`,
    ],
  ])('%s: %s on %s', async (allowed, action, resource, context = {}) => {
    expect(await mayJobsOf(ONE, action, resource, context)).toBe(allowed);
  });

  test.each<[boolean, string, string, string?]>([
    [true, 'its own share', ONE.forgeId],
    [false, "another's share", TWO.forgeId],
    [false, 'the share of the one that it runs in', SHARED.forgeId],
    [false, 'its own share in another queue', ONE.forgeId, `${BATCH}:job-queue/TowerForge-another-work`],
  ])('%s: go in under %s', async (allowed, _what, share, queue = QUEUE) => {
    const submission = {
      principal: jobRolesOf(ONE).compute ?? '',
      queue,
      definition: `${BATCH}:job-definition/nf-x:1`,
    };
    expect(await maySubmit(jobPolicies(ONE), { ...submission, share })).toEqual({
      ofQueue: allowed,
      ofJob: allowed,
    });
  });
});

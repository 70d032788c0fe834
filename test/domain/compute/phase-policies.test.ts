import { describe, expect, test } from 'vitest';
import { stringify as renderYaml } from 'yaml';
import { MANAGED_POLICY_MAX, POLICY_PHASES, type PolicyPhase, policyFor } from '#domain/compute/phase-policies.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';
import { aCompute as anyCompute, aPool, aTenant, type ComputeOverrides } from '../compute-input.ts';
import { mayHappen, maySubmit, type Question, takesNoResource } from '../iam.ts';
import { policiesOf } from '../role-documents.ts';

const FORGE_ID = 'a1b2c3d4e5f6g7h8i9j0';
const MAIN = `TowerForge-${FORGE_ID}`;
const SHARED_ID = 's1b2c3d4e5f6g7h8i9j0';
const aCompute = (overrides: ComputeOverrides = {}) => anyCompute({ forgeId: FORGE_ID, ...overrides });

const PLAIN = aCompute();
const EVERYTHING = aCompute({
  config: { secretsKmsKeyId: '11111111-2222-3333-4444-555555555555' },
  forge: { type: 'SPOT', efsCreate: true, ebsAutoScale: true, allocStrategy: 'BEST_FIT', ec2KeyPair: 'k' },
  eyrie: {
    serviceRole: true,
    rolePath: '/lab/',
    permissionsBoundary: 'arn:aws:iam::123456789012:policy/bound',
    kmsKeyId: '11111111-2222-3333-4444-555555555555',
    dataGuard: 'retain',
    fairShare: { shareDecaySeconds: 0, computeReservation: 0, shares: [] },
    pools: [aPool()],
  },
});
const LUSTRE = aCompute({ forge: { fsxSize: 1200, efsId: null }, eyrie: { dataGuard: 'snapshot' } });
const GIVEN = aCompute({
  config: { logGroup: '/lab/jobs', executionRole: 'arn:aws:iam::123456789012:role/e' },
  forge: { efsId: 'fs-01234567', fsxName: 'fs-01234567.fsx.us-east-1.amazonaws.com' },
});
const SHARED = anyCompute({ forgeId: SHARED_ID, forge: { type: 'SPOT' }, eyrie: { shared: true } });
const TENANT = aTenant(SHARED, { forgeId: FORGE_ID, config: { workDir: 's3://scratch/dir' } });
const INPUTS = { plain: PLAIN, everything: EVERYTHING, lustre: LUSTRE, given: GIVEN, shared: SHARED, tenant: TENANT };

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : (value ?? []);

const statementsOf = (documents: readonly PolicyDocument[]) => documents.flatMap(({ Statement }) => Statement);

/** Inline policies of the roles, too: the same holds for them. */
const documents = Object.entries(INPUTS).flatMap(([name, input]) => [
  ...POLICY_PHASES.map((phase) => [`${name}: ${phase}`, policyFor(phase, input)] as const),
  [`${name}: roles`, inlineOf(input)] as const,
]);

function inlineOf(input: typeof PLAIN): PolicyDocument[] {
  const plan = planCompute(input, '');
  return [plan['instance-role']?.role, plan['execution-role'], plan['head-role'], plan['job-role']].flatMap((role) =>
    Object.values(role?.inline ?? {}).map((text) => JSON.parse(text) as PolicyDocument),
  );
}

describe.each(documents)('%s', (_name, policies) => {
  test('has actions that AWS has, and names resources wherever AWS can tell them', async () => {
    const wrong: string[] = [];
    for (const { Action, Resource } of statementsOf(policies)) {
      for (const action of listOf(Action)) {
        const isWide = listOf(Resource).includes('*');
        if ((await takesNoResource(action)) !== isWide) wrong.push(`${action}: ${isWide ? 'too wide' : 'takes *'}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('allows nothing by wildcard, and fits into what IAM takes', () => {
    for (const { Effect, Action } of statementsOf(policies)) {
      expect(Effect).toBe('Allow');
      for (const action of listOf(Action)) expect(action).not.toContain('*');
    }
    for (const policy of policies) expect(JSON.stringify(policy).length).toBeLessThanOrEqual(MANAGED_POLICY_MAX);
  });

  test('passes roles to named services alone', () => {
    for (const { Action, Condition, Resource } of statementsOf(policies)) {
      if (!listOf(Action).includes('iam:PassRole')) continue;
      expect(listOf(Condition?.StringEquals?.['iam:PassedToService']).length).toBeGreaterThan(0);
      expect(listOf(Resource).join()).not.toContain('role/*');
    }
  });
});

test.each(POLICY_PHASES)('the policies of the phase %s', async (phase) => {
  await expect(
    renderYaml(policyFor(phase, EVERYTHING), { lineWidth: 0, aliasDuplicateObjects: false }),
  ).toMatchFileSnapshot(`../golden/compute-policy-${phase}.yaml`);
});

test.each(POLICY_PHASES)('the policies of a tenant for the phase %s', async (phase) => {
  await expect(
    renderYaml(policyFor(phase, TENANT), { lineWidth: 0, aliasDuplicateObjects: false }),
  ).toMatchFileSnapshot(`../golden/compute-tenant-policy-${phase}.yaml`);
});

const iam = (rest: string) => `arn:aws:iam::123456789012:${rest}`;
const at = (service: string, rest: string) => `arn:aws:${service}:us-east-1:123456789012:${rest}`;
const OURS = {
  'aws:ResourceTag/eyrie:compute-environment': `brh-data-commons-org.${FORGE_ID}`,
  'aws:ResourceTag/eyrie:environment': 'brh-data-commons-org',
};
const THEIRS = { ...OURS, 'aws:ResourceTag/eyrie:compute-environment': 'brh-data-commons-org.another' };
const AWSS = { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role' };

type Row = readonly [allowed: boolean, action: string, resource: string, context?: Question['context']];

const ROWS: Readonly<Record<PolicyPhase, readonly Row[]>> = {
  plan: [
    [true, 'ec2:DescribeSubnets', '*'],
    [true, 's3:ListBucket', 'arn:aws:s3:::scratch'],
    [false, 's3:ListBucket', 'arn:aws:s3:::other'],
    [false, 'ssm:PutParameter', at('ssm', 'parameter/eyrie/brh-data-commons-org/installation')],
    [false, 'iam:CreateRole', iam(`role/${MAIN}-InstanceRole`)],
    [false, 'batch:CreateJobQueue', at('batch', `job-queue/${MAIN}`)],
  ],
  create: [
    [true, 'ec2:DescribeSubnets', '*'],
    [true, 'ssm:PutParameter', at('ssm', 'parameter/eyrie/brh-data-commons-org/installation')],
    [false, 'ssm:PutParameter', at('ssm', 'parameter/eyrie/other-example-org/installation')],
    [true, 'iam:CreateRole', iam(`role/${MAIN}-InstanceRole`)],
    [true, 'iam:AttachRolePolicy', iam(`role/${MAIN}-InstanceRole`), AWSS],
    [
      false,
      'iam:AttachRolePolicy',
      iam(`role/${MAIN}-InstanceRole`),
      { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    ],
    [true, 'iam:PassRole', iam(`role/${MAIN}-InstanceRole`), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    [false, 'iam:PassRole', iam(`role/${MAIN}-InstanceRole`), { 'iam:PassedToService': 'lambda.amazonaws.com' }],
    [true, 'ec2:RunInstances', at('ec2', 'instance/*'), { 'ec2:InstanceType': 't3.micro' }],
    [false, 'ec2:RunInstances', at('ec2', 'instance/*'), { 'ec2:InstanceType': 'p5.48xlarge' }],
    [true, 'ec2:RunInstances', at('ec2', 'subnet/subnet-1')],
    [false, 'iam:PassRole', iam('role/admin'), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    [false, 'iam:CreateRole', iam('role/TowerForge-another-InstanceRole')],
    [true, 'batch:CreateComputeEnvironment', at('batch', `compute-environment/${MAIN}-g2`)],
    [false, 'batch:CreateComputeEnvironment', at('batch', 'compute-environment/TowerForge-another')],
    [false, 'batch:DeleteComputeEnvironment', at('batch', `compute-environment/${MAIN}`)],
    [false, 'iam:DeleteRole', iam(`role/${MAIN}-InstanceRole`)],
    [false, 'elasticfilesystem:CreateFileSystem', '*'],
  ],
  update: [
    [true, 'batch:UpdateComputeEnvironment', at('batch', `compute-environment/${MAIN}`)],
    [true, 'ec2:CreateLaunchTemplateVersion', at('ec2', 'launch-template/lt-1'), OURS],
    [false, 'ec2:CreateLaunchTemplateVersion', at('ec2', 'launch-template/lt-1'), THEIRS],
    [false, 'batch:DeleteJobQueue', at('batch', `job-queue/${MAIN}`)],
    [true, 'batch:DeleteJobQueue', at('batch', `job-queue/${MAIN}-gpu`)],
  ],
  run: [
    [true, 'batch:SubmitJob', at('batch', `job-queue/${MAIN}`)],
    [true, 'batch:SubmitJob', at('batch', 'job-definition/nf-any:1')],
    [false, 'batch:SubmitJob', at('batch', 'job-queue/TowerForge-another')],
    [true, 'secretsmanager:CreateSecret', at('secretsmanager', 'secret:tower-1')],
    [false, 'secretsmanager:CreateSecret', at('secretsmanager', 'secret:mine')],
    [true, 'iam:PassRole', iam(`role/${MAIN}-ExecutionRole`), { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    [false, 'iam:PassRole', iam(`role/${MAIN}-InstanceRole`), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    [true, 's3:PutObject', 'arn:aws:s3:::scratch/dir/x'],
    [false, 'batch:UpdateComputeEnvironment', at('batch', `compute-environment/${MAIN}`)],
  ],
  dispose: [
    [true, 'batch:DeleteComputeEnvironment', at('batch', `compute-environment/${MAIN}`)],
    [true, 'iam:DeleteRole', iam(`role/${MAIN}-InstanceRole`)],
    [false, 'iam:DeleteRole', iam('role/admin')],
    [true, 'ec2:DeleteLaunchTemplate', at('ec2', 'launch-template/lt-1'), OURS],
    [false, 'ec2:DeleteLaunchTemplate', at('ec2', 'launch-template/lt-1'), THEIRS],
    [false, 'iam:CreateRole', iam(`role/${MAIN}-ServiceRole`)],
    [false, 'batch:CreateJobQueue', at('batch', `job-queue/${MAIN}`)],
    [false, 'elasticfilesystem:DeleteFileSystem', at('elasticfilesystem', 'file-system/fs-1'), OURS],
  ],
};

describe('a plain one', () => {
  const principal = iam('role/somebody');
  const cases = POLICY_PHASES.flatMap((phase) =>
    ROWS[phase].map(([allowed, action, resource, context]) => ({ phase, allowed, action, resource, context })),
  );
  test.each(cases)(
    'in $phase: $allowed for $action on $resource',
    async ({ phase, allowed, context = {}, ...question }) => {
      expect(await mayHappen(policyFor(phase, PLAIN), { principal, ...question, context })).toBe(allowed);
    },
  );
});

describe('rights follow the options', () => {
  const actionsOf = (phase: PolicyPhase, overrides: ComputeOverrides) =>
    new Set(statementsOf(policyFor(phase, aCompute(overrides))).flatMap(({ Action }) => listOf(Action)));

  test('file systems are for those who make them', () => {
    const wants = (overrides: ComputeOverrides) =>
      [...actionsOf('create', overrides)].filter((action) => /^(elasticfilesystem|fsx):Create/.test(action));
    expect(wants({})).toEqual([]);
    expect(wants({ forge: { efsCreate: true } })).toEqual([
      'elasticfilesystem:CreateFileSystem',
      'elasticfilesystem:CreateMountTarget',
    ]);
    expect(wants({ forge: { fsxSize: 1200 } })).toEqual(['fsx:CreateFileSystem']);
  });

  test('without a canary no job is run', () => {
    expect(actionsOf('create', {})).toContain('batch:SubmitJob');
    expect(actionsOf('create', { eyrie: { canary: false } })).not.toContain('batch:SubmitJob');
  });

  test('a role of its own for Batch can be made again while it is removed', () => {
    expect(actionsOf('dispose', { eyrie: { serviceRole: true } })).toContain('iam:CreateRole');
  });

  test('what is retained is given away, not deleted', () => {
    const retained = actionsOf('dispose', { forge: { efsCreate: true }, eyrie: { dataGuard: 'retain' } });
    expect(retained).toContain('elasticfilesystem:UntagResource');
  });
});

describe("the worker's published rights are enough", () => {
  const principal = 'arn:aws:iam::123456789012:role/eyrie-worker';
  /** As a call would come that the statement is meant for. */
  const contextOf = ({ Condition = {} }: PolicyDocument['Statement'][number]): Record<string, string | string[]> =>
    Object.fromEntries(
      Object.entries(Condition).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => {
          const [first = ''] = listOf(values);
          return [key, operator.startsWith('ForA') ? [first] : first];
        }),
      ),
    );

  /** A key of the user's own is opened by its own policy. */
  const isOfKey = (action: string) => action.startsWith('kms:') && action !== 'kms:DescribeKey';
  /** EFS calls EC2 in the name of whoever calls EFS. */
  const VIA_EFS = { 'aws:ViaAWSService': 'true' };

  test.each(['plan', 'create', 'update', 'dispose'] as const)('for %s', async (phase) => {
    const missing: string[] = [];
    for (const input of [PLAIN, EVERYTHING, LUSTRE]) {
      for (const statement of statementsOf(policyFor(phase, input))) {
        for (const action of listOf(statement.Action).filter((each) => !isOfKey(each))) {
          for (const resource of listOf(statement.Resource)) {
            const context = { ...contextOf(statement), ...(action.includes('NetworkInterface') && VIA_EFS) };
            const concrete = resource === '*' ? '*' : resource.replaceAll('*', 'x');
            const question = { principal, action, resource: concrete, context };
            if (!(await mayHappen(policiesOf('worker'), question)))
              missing.push(`${action} ${concrete} (${statement.Sid})`);
          }
        }
      }
    }
    expect([...new Set(missing)]).toEqual([]);
  });
});

const queue = at('batch', `job-queue/TowerForge-${SHARED_ID}-work`);
const ROLE = iam(`role/${MAIN}-JobRole`);

describe('a tenant', () => {
  test.each<[PolicyPhase, ...Row]>([
    ['plan', true, 'batch:DescribeJobQueues', '*'],
    ['plan', false, 'ec2:DescribeSubnets', '*'],
    ['create', true, 'iam:CreateRole', ROLE],
    ['create', false, 'iam:CreateRole', iam(`role/TowerForge-${SHARED_ID}-JobRole`)],
    ['create', false, 'iam:AttachRolePolicy', ROLE, AWSS],
    ['create', false, 'batch:CreateJobQueue', at('batch', `job-queue/${MAIN}`)],
    ['create', false, 'ec2:CreateLaunchTemplate', at('ec2', 'launch-template/*')],
    ['create', false, 'iam:CreateInstanceProfile', iam(`instance-profile/${MAIN}-InstanceRole`)],
    ['update', true, 'iam:PutRolePolicy', ROLE],
    ['update', false, 'batch:UpdateJobQueue', queue],
    ['run', true, 'iam:PassRole', ROLE, { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
    ['run', true, 'batch:TerminateJob', at('batch', 'job/1')],
    ['run', true, 'batch:TerminateJob', at('batch', 'job/1'), OURS],
    ['run', false, 'batch:TerminateJob', at('batch', 'job/1'), THEIRS],
    ['dispose', true, 'iam:DeleteRole', ROLE],
    ['dispose', true, 'batch:TerminateJob', at('batch', 'job/1'), OURS],
    ['dispose', false, 'batch:DeleteJobQueue', queue],
    [
      'dispose',
      false,
      'batch:DeleteComputeEnvironment',
      at('batch', `compute-environment/TowerForge-${SHARED_ID}-work`),
    ],
  ])('in the phase %s: %s of %s on %s', async (phase, allowed, action, resource, context) => {
    const question = { principal: iam('role/somebody'), action, resource, ...(context && { context }) };
    expect(await mayHappen(policyFor(phase, TENANT), question)).toBe(allowed);
  });

  test.each(['create', 'run'] as const)('submits in the phase %s under its own share alone', async (phase) => {
    const name = phase === 'create' ? `${MAIN}-canary-work` : 'nf-any';
    const submission = { principal: iam('role/somebody'), queue, definition: at('batch', `job-definition/${name}:1`) };
    const may = (share: string) => maySubmit(policyFor(phase, TENANT), { ...submission, share });
    expect(await may(FORGE_ID)).toEqual({ ofQueue: true, ofJob: true });
    expect(await may(SHARED_ID)).toEqual({ ofQueue: false, ofJob: false });
  });
});

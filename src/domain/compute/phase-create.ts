/** What makes a compute environment, step by step, besides what is read before. */
import type { Statement } from '../resources/policy-document.ts';
import { allow, both, only, type PhaseScope } from './phase-scope.ts';
import { jobRolesOf, kmsKeyArn, servicePrincipal, submissions } from './policies.ts';
import type { ComputePlan } from './specs.ts';

export const createStatements = (scope: PhaseScope): readonly Statement[] => [
  scope.claim,
  ...identity(scope),
  ...batch(scope),
  ...template(scope),
  ...logs(scope),
  ...fileSystems(scope),
];

const rolesOf = (plan: ComputePlan) =>
  [
    plan['instance-role']?.role ?? null,
    plan['service-role'],
    plan['fleet-role'],
    plan['execution-role'],
    plan['head-role'],
    plan['job-role'],
  ].filter((role) => role !== null);

const identity = (scope: PhaseScope): readonly Statement[] => {
  const { input, plan, ownsQueues, roles } = scope;
  const { permissionsBoundary } = input.config.eyrie;
  const managed = [...new Set(rolesOf(plan).flatMap(({ managedPolicyArns = [] }) => managedPolicyArns))];
  return [
    ...only(
      rolesOf(plan).length > 0,
      allow(
        'MakeRoles',
        'iam:CreateRole',
        roles,
        permissionsBoundary === null ? undefined : { StringEquals: { 'iam:PermissionsBoundary': permissionsBoundary } },
      ),
      allow(
        'FillRoles',
        ['iam:GetRole', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies', 'iam:PutRolePolicy', 'iam:TagRole'],
        roles,
      ),
    ),
    ...only(
      managed.length > 0,
      allow('AttachPoliciesOfAws', 'iam:AttachRolePolicy', roles, { ArnEquals: { 'iam:PolicyARN': managed } }),
    ),
    ...only(ownsQueues, makeProfile(scope)),
    ...passes(scope),
    ...only(ownsQueues, ...instances(scope)),
  ];
};

const makeProfile = ({ profiles }: PhaseScope): Statement =>
  allow(
    'MakeProfile',
    ['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile', 'iam:GetInstanceProfile', 'iam:TagInstanceProfile'],
    profiles,
  );

const instances = ({ input, partition }: PhaseScope): readonly Statement[] => {
  const { accountId, region } = input.account;
  const service = (name: string) => `${partition}:iam::${accountId}:role/aws-service-role/${name}/*`;
  const linked = ['batch.amazonaws.com', 'ecs.amazonaws.com', 'autoscaling.amazonaws.com', 'spot.amazonaws.com'];
  return [
    // Made once in an account, by whoever needs one first.
    allow('RolesOfServices', 'iam:CreateServiceLinkedRole', linked.map(service), {
      StringEquals: { 'iam:AWSServiceName': linked },
    }),
    // Asks EC2, without starting anything, whether it knows the profile.
    ...dryRun({ region, accountId, partition }),
  ];
};

/** The type is known of the instance alone: on the others the condition would never hold. */
const dryRun = ({ region, accountId, partition }: DryRun): readonly Statement[] => {
  const ec2 = (type: string) => `${partition}:ec2:${region}:${accountId}:${type}/*`;
  return [
    allow('AskForProfile', 'ec2:RunInstances', ec2('instance'), { StringEquals: { 'ec2:InstanceType': 't3.micro' } }),
    allow('AskForProfileWith', 'ec2:RunInstances', [
      ...['network-interface', 'security-group', 'subnet', 'volume'].map(ec2),
      `${partition}:ec2:${region}::image/*`,
    ]),
  ];
};

interface DryRun {
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
}

/** Each role to the services alone that are to enter it. */
const passes = ({ input, plan, ownsQueues, roles }: PhaseScope): readonly Statement[] => {
  const own = (ending: string) => roles.replace(/-\*$/, `-${ending}`);
  const { execution, head, compute } = jobRolesOf(input);
  const ofJobs = [...new Set([execution, head, compute].filter((arn) => arn !== null))];
  const pass = (sid: string, arns: string | readonly string[], services: string | readonly string[]) =>
    allow(sid, 'iam:PassRole', arns, { StringEquals: { 'iam:PassedToService': services } });
  return [
    ...only(ownsQueues, pass('PassInstanceRole', own('InstanceRole'), servicePrincipal('ec2', input.account.region))),
    ...only(plan['service-role'] !== null, pass('PassServiceRole', own('ServiceRole'), 'batch.amazonaws.com')),
    ...only(
      plan['fleet-role'] !== null,
      pass('PassFleetRole', own('FleetRole'), ['batch.amazonaws.com', 'spotfleet.amazonaws.com']),
    ),
    ...only(
      input.config.eyrie.canary,
      pass('PassJobRoles', ofJobs, ['batch.amazonaws.com', 'ecs-tasks.amazonaws.com']),
    ),
  ];
};

const batch = (scope: PhaseScope): readonly Statement[] => {
  const { input, plan, ownsQueues, batch, arn } = scope;
  const fair = plan['scheduling-policy'] !== null;
  const { canary } = input.config.eyrie;
  return [
    ...only(
      ownsQueues,
      allow('MakeEnvironments', 'batch:CreateComputeEnvironment', batch('compute-environment')),
      allow('MakeQueues', 'batch:CreateJobQueue', [
        batch('compute-environment'),
        batch('job-queue'),
        ...(fair ? [batch('scheduling-policy')] : []),
      ]),
    ),
    ...only(
      fair,
      allow('MakePolicy', 'batch:CreateSchedulingPolicy', batch('scheduling-policy')),
      allow('ReadPolicies', 'batch:DescribeSchedulingPolicies', '*'),
    ),
    ...only(
      ownsQueues || canary,
      allow('TagThem', 'batch:TagResource', [
        ...(ownsQueues ? [batch('compute-environment'), batch('job-queue')] : []),
        ...(fair ? [batch('scheduling-policy')] : []),
        ...(canary ? [batch('job-definition'), arn('batch', 'job/*')] : []),
      ]),
    ),
    ...only(canary, ...proofs(scope)),
  ];
};

const proofs = ({ input, batch, arn }: PhaseScope): readonly Statement[] => [
  allow('ProveQueues', ['batch:DeregisterJobDefinition', 'batch:RegisterJobDefinition'], batch('job-definition')),
  ...submissions('StartProofs', input, batch('job-definition')),
  allow('EndProofs', 'batch:TerminateJob', arn('batch', 'job/*')),
  allow('WatchProofs', ['batch:DescribeJobDefinitions', 'batch:DescribeJobs', 'batch:ListJobs'], '*'),
];

const template = ({ plan, arn, tagged }: PhaseScope): readonly Statement[] =>
  only(
    plan['launch-template'] !== null,
    allow('ReadTemplates', ['ec2:DescribeLaunchTemplateVersions', 'ec2:DescribeLaunchTemplates'], '*'),
    allow('MakeTemplate', 'ec2:CreateLaunchTemplate', arn('ec2', 'launch-template/*'), tagged),
    allow(
      'TagTemplate',
      'ec2:CreateTags',
      arn('ec2', 'launch-template/*'),
      both(tagged, { StringEquals: { 'ec2:CreateAction': 'CreateLaunchTemplate' } }),
    ),
  );

const logs = ({ plan, logGroup }: PhaseScope): readonly Statement[] =>
  only(
    plan['log-group'] !== null,
    allow('FindLogGroups', 'logs:DescribeLogGroups', '*'),
    allow(
      'MakeLogGroup',
      ['logs:CreateLogGroup', 'logs:ListTagsForResource', 'logs:PutRetentionPolicy', 'logs:TagResource'],
      logGroup,
    ),
  );

const fileSystems = (scope: PhaseScope): readonly Statement[] => {
  const { plan, arn, tagged, owned } = scope;
  if (!plan.efs && !plan.lustre) return [];
  const groups = arn('ec2', 'security-group/*');
  const vpcs = arn('ec2', 'vpc/*');
  return [
    allow('MakeGroup', 'ec2:CreateSecurityGroup', groups, tagged),
    allow('MakeGroupInVpc', 'ec2:CreateSecurityGroup', vpcs),
    allow(
      'TagGroup',
      'ec2:CreateTags',
      groups,
      both(tagged, { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } }),
    ),
    allow(
      'OpenGroup',
      ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupEgress'],
      groups,
      owned,
    ),
    // Made for a mount target in the name of whoever asks for it.
    allow('MakeInterfaces', 'ec2:CreateNetworkInterface', [
      arn('ec2', 'network-interface/*'),
      arn('ec2', 'subnet/*'),
      groups,
    ]),
    allow('ReadInterfaces', ['ec2:DescribeNetworkInterfaces'], '*'),
    ...(plan.efs ? efs(scope) : []),
    ...(plan.lustre ? lustre(scope) : []),
    ...keys(scope),
  ];
};

const efs = ({ arn, tagged, owned }: PhaseScope): readonly Statement[] => {
  const systems = arn('elasticfilesystem', 'file-system/*');
  return [
    allow('MakeEfs', 'elasticfilesystem:CreateFileSystem', '*', tagged),
    allow('TagEfs', 'elasticfilesystem:TagResource', systems, tagged),
    allow(
      'ReadEfs',
      [
        'elasticfilesystem:DescribeFileSystems',
        'elasticfilesystem:DescribeLifecycleConfiguration',
        'elasticfilesystem:DescribeMountTargetSecurityGroups',
        'elasticfilesystem:DescribeMountTargets',
      ],
      systems,
    ),
    allow(
      'MountEfs',
      ['elasticfilesystem:CreateMountTarget', 'elasticfilesystem:PutLifecycleConfiguration'],
      systems,
      owned,
    ),
  ];
};

const lustre = ({ input, arn, tagged, partition }: PhaseScope): readonly Statement[] => {
  const systems = arn('fsx', 'file-system/*');
  const { accountId } = input.account;
  return [
    allow('MakeLustre', ['fsx:CreateFileSystem', 'fsx:TagResource'], systems, tagged),
    allow('ReadLustre', 'fsx:DescribeFileSystems', '*'),
    allow(
      'RoleOfFsx',
      'iam:CreateServiceLinkedRole',
      `${partition}:iam::${accountId}:role/aws-service-role/fsx.amazonaws.com/*`,
      { StringEquals: { 'iam:AWSServiceName': 'fsx.amazonaws.com' } },
    ),
  ];
};

/** AWS's own keys need no right. */
const keys = ({ input }: PhaseScope): readonly Statement[] => {
  const { kmsKeyId } = input.config.eyrie;
  if (kmsKeyId === null) return [];
  const { region } = input.account;
  return [
    allow(
      'EncryptFileSystem',
      ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext'],
      kmsKeyArn(kmsKeyId, input.account),
      {
        StringEquals: {
          'kms:ViaService': [`elasticfilesystem.${region}.amazonaws.com`, `fsx.${region}.amazonaws.com`],
        },
      },
    ),
  ];
};

/** What removes all of a compute environment, and proves that nothing is left. */
import { RETAINED_TAG } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { Statement } from '../resources/policy-document.ts';
import { allow, both, only, type PhaseScope } from './phase-scope.ts';
import { MANAGED, managedPolicyArn } from './policies.ts';
import { computeSubject } from './subject.ts';

export const disposeStatements = (scope: PhaseScope): readonly Statement[] => [
  ...batch(scope),
  ...identity(scope),
  ...template(scope),
  ...logs(scope),
  ...fileSystems(scope),
];

const batch = ({ plan, ownsQueues, batch, arn }: PhaseScope): readonly Statement[] => [
  allow(
    'FindInBatch',
    [
      ...(ownsQueues ? ['batch:DescribeComputeEnvironments'] : []),
      'batch:DescribeJobDefinitions',
      'batch:DescribeJobQueues',
      'batch:DescribeJobs',
      'batch:ListJobs',
    ],
    '*',
  ),
  ...only(
    ownsQueues,
    allow('RemoveQueues', ['batch:DeleteJobQueue', 'batch:UpdateJobQueue'], batch('job-queue')),
    allow(
      'RemoveEnvironments',
      ['batch:DeleteComputeEnvironment', 'batch:UpdateComputeEnvironment'],
      batch('compute-environment'),
    ),
  ),
  allow('EndJobs', 'batch:TerminateJob', arn('batch', 'job/*')),
  allow('RemoveProofs', 'batch:DeregisterJobDefinition', batch('job-definition')),
  ...only(
    plan['scheduling-policy'] !== null,
    allow('RemovePolicy', 'batch:DeleteSchedulingPolicy', batch('scheduling-policy')),
    allow('ReadPolicies', 'batch:DescribeSchedulingPolicies', '*'),
  ),
];

/**
 * An environment whose role is gone can't be removed: the role is made again for as long as that takes, with AWS's own
 * policy and no other.
 */
const identity = ({ input, plan, ownsQueues, roles, profiles }: PhaseScope): readonly Statement[] => {
  const serviceRole = roles.replace(/-\*$/, '-ServiceRole');
  const { region } = input.account;
  return [
    allow(
      'RemoveRoles',
      [
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:GetRole',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListRolePolicies',
      ],
      roles,
    ),
    ...only(
      ownsQueues,
      allow('DetachPoliciesOfAws', 'iam:DetachRolePolicy', roles, {
        ArnEquals: { 'iam:PolicyARN': Object.values(MANAGED).map((policy) => managedPolicyArn(region, policy)) },
      }),
      allow(
        'RemoveProfile',
        ['iam:DeleteInstanceProfile', 'iam:GetInstanceProfile', 'iam:RemoveRoleFromInstanceProfile'],
        profiles,
      ),
    ),
    ...only(
      plan['service-role'] !== null,
      allow('RepairRole', ['iam:CreateRole', 'iam:TagRole'], serviceRole),
      allow('RepairRights', 'iam:AttachRolePolicy', serviceRole, {
        ArnEquals: { 'iam:PolicyARN': managedPolicyArn(region, MANAGED.batchService) },
      }),
      allow('PassRepairedRole', 'iam:PassRole', serviceRole, {
        StringEquals: { 'iam:PassedToService': 'batch.amazonaws.com' },
      }),
    ),
  ];
};

const template = ({ plan, arn, owned }: PhaseScope): readonly Statement[] =>
  only(
    plan['launch-template'] !== null,
    allow('FindTemplates', 'ec2:DescribeLaunchTemplates', '*'),
    allow('RemoveTemplate', 'ec2:DeleteLaunchTemplate', arn('ec2', 'launch-template/*'), owned),
  );

const logs = ({ plan, logGroup }: PhaseScope): readonly Statement[] =>
  only(
    plan['log-group'] !== null,
    allow('FindLogGroups', 'logs:DescribeLogGroups', '*'),
    allow('RemoveLogGroup', ['logs:DeleteLogGroup', 'logs:ListTagsForResource'], logGroup),
  );

const fileSystems = ({ input, plan, arn, owned }: PhaseScope): readonly Statement[] => {
  if (!plan.efs && !plan.lustre) return [];
  const efs = arn('elasticfilesystem', 'file-system/*');
  const lustre = arn('fsx', 'file-system/*');
  const groups = arn('ec2', 'security-group/*');
  const retains = input.config.eyrie.dataGuard === 'retain';
  const backups = input.config.eyrie.dataGuard === 'snapshot';
  return [
    allow('FindGroups', ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSecurityGroups'], '*'),
    allow('RemoveGroup', ['ec2:DeleteSecurityGroup', ...(retains ? ['ec2:DeleteTags'] : [])], groups, owned),
    ...only(
      retains,
      allow(
        'RetainGroup',
        'ec2:CreateTags',
        groups,
        both(owned, { 'ForAllValues:StringEquals': { 'aws:TagKeys': RETAINED_TAG } }),
      ),
    ),
    ...only(
      plan.efs !== null,
      allow('FindEfs', ['elasticfilesystem:DescribeFileSystems', 'elasticfilesystem:DescribeMountTargets'], efs),
      // A mount target's interface goes in the name of whoever deletes it; it carries no tags.
      allow('RemoveInterfaces', 'ec2:DeleteNetworkInterface', arn('ec2', 'network-interface/*')),
      allow(
        'RemoveEfs',
        [
          'elasticfilesystem:DeleteFileSystem',
          'elasticfilesystem:DeleteMountTarget',
          ...(retains ? ['elasticfilesystem:TagResource', 'elasticfilesystem:UntagResource'] : []),
        ],
        efs,
        owned,
      ),
    ),
    ...only(
      plan.lustre !== null,
      allow('FindLustre', 'fsx:DescribeFileSystems', '*'),
      allow(
        'RemoveLustre',
        ['fsx:DeleteFileSystem', ...(retains ? ['fsx:TagResource', 'fsx:UntagResource'] : [])],
        lustre,
        owned,
      ),
      ...only(
        backups,
        allow('FindBackups', 'fsx:DescribeBackups', '*'),
        allow('BackUpLustre', 'fsx:CreateBackup', lustre, owned),
        // A backup is nobody's from the start: it outlives the environment.
        allow('TagBackups', ['fsx:CreateBackup', 'fsx:TagResource'], arn('fsx', 'backup/*'), {
          StringEquals: { [`aws:RequestTag/${RETAINED_TAG}`]: subjectId(computeSubject(input)) },
        }),
      ),
    ),
  ];
};

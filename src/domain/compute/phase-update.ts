/** What changes a compute environment that is there, besides what makes one. */
import type { Statement } from '../resources/policy-document.ts';
import { computeNames } from './names.ts';
import { allow, only, type PhaseScope } from './phase-scope.ts';

export const updateStatements = ({
  ownsQueues,
  input,
  plan,
  batch,
  roles,
  profiles,
  logGroup,
  arn,
  owned,
}: PhaseScope): readonly Statement[] => {
  const { permissionsBoundary } = input.config.eyrie;
  return [
    ...only(
      ownsQueues,
      allow(
        'ChangeEnvironments',
        ['batch:DeleteComputeEnvironment', 'batch:UpdateComputeEnvironment'],
        batch('compute-environment'),
      ),
      allow('ChangeQueues', 'batch:UpdateJobQueue', [
        batch('compute-environment'),
        batch('job-queue'),
        ...(plan['scheduling-policy'] === null ? [] : [batch('scheduling-policy')]),
      ]),
      // Of pools alone that were added, or are taken away: they have its name before their own.
      allow('RemovePools', 'batch:DeleteJobQueue', arn('batch', `job-queue/${computeNames(input).main}-*`)),
      allow('DrainQueues', ['batch:DescribeJobs', 'batch:ListJobs'], '*'),
      allow('EndJobs', 'batch:TerminateJob', arn('batch', 'job/*')),
      allow('ChangeTemplate', 'ec2:CreateLaunchTemplateVersion', arn('ec2', 'launch-template/*'), owned),
      allow('ChangeProfile', 'iam:RemoveRoleFromInstanceProfile', profiles),
    ),
    ...only(
      plan['scheduling-policy'] !== null,
      allow('ChangeShares', 'batch:UpdateSchedulingPolicy', batch('scheduling-policy')),
    ),
    ...only(plan.lustre !== null, allow('GrowLustre', 'fsx:UpdateFileSystem', arn('fsx', 'file-system/*'), owned)),
    allow(
      'ChangeRoles',
      ['iam:DeleteRolePolicy', 'iam:GetRolePolicy', 'iam:PutRolePolicy', 'iam:TagRole', 'iam:UpdateAssumeRolePolicy'],
      roles,
    ),
    ...only(
      permissionsBoundary !== null,
      allow('ChangeBoundary', 'iam:PutRolePermissionsBoundary', roles, {
        StringEquals: { 'iam:PermissionsBoundary': permissionsBoundary ?? '' },
      }),
    ),
    ...only(permissionsBoundary === null, allow('TakeBoundaryOff', 'iam:DeleteRolePermissionsBoundary', roles)),
    ...only(
      plan['log-group'] !== null,
      allow('ChangeRetention', ['logs:DeleteRetentionPolicy', 'logs:PutRetentionPolicy'], logGroup),
    ),
  ];
};

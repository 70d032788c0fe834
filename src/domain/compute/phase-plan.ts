/** What is read before anything is made: whether all that the options name is there, and fits. */
import type { Statement } from '../resources/policy-document.ts';
import { allow, only, type PhaseScope } from './phase-scope.ts';
import { kmsKeyArn } from './policies.ts';

/** What instances are started from, and where. */
const INSTANCES = [
  'batch:DescribeComputeEnvironments',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceTypeOfferings',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcs',
];

export const planStatements = ({ input, plan, arn, partition }: PhaseScope): readonly Statement[] => {
  const { preflight } = plan;
  const { account } = input;
  const mounts =
    preflight.efsCreate || preflight.efsId !== null || preflight.lustreCreate || preflight.lustreName !== null;
  return [
    allow(
      'ReadWhatHasNoName',
      [
        'batch:DescribeJobQueues',
        'iam:GetAccountSummary',
        ...(preflight.tenancy ? [] : INSTANCES),
        ...(preflight.keyPair === null ? [] : ['ec2:DescribeKeyPairs']),
        ...(preflight.logGroup === null ? [] : ['logs:DescribeLogGroups']),
        ...(preflight.lustreName === null ? [] : ['fsx:DescribeFileSystems']),
      ],
      '*',
    ),
    ...only(
      preflight.tenancy === null,
      allow(
        'ReadQuotas',
        'servicequotas:GetServiceQuota',
        ['batch', 'ec2', 'vpc'].map((service) => arn('servicequotas', `${service}/*`)),
      ),
    ),
    ...only(mounts, allow('ReadNamesOfVpc', 'ec2:DescribeVpcAttribute', arn('ec2', 'vpc/*'))),
    ...only(
      preflight.pools.some(({ type, imageId }) => type !== 'FARGATE' && imageId === null),
      allow(
        'FindImages',
        'ssm:GetParameter',
        `${partition}:ssm:${account.region}::parameter/aws/service/ecs/optimized-ami/*`,
      ),
    ),
    ...only(
      preflight.buckets.length > 0,
      allow(
        'FindBuckets',
        's3:ListBucket',
        preflight.buckets.map((bucket) => `${partition}:s3:::${bucket}`),
      ),
    ),
    ...only(preflight.roleArns.length > 0, allow('FindRoles', 'iam:GetRole', preflight.roleArns)),
    ...only(
      preflight.kmsKeyIds.length > 0,
      allow(
        'FindKeys',
        'kms:DescribeKey',
        preflight.kmsKeyIds.map((id) => kmsKeyArn(id, account)),
      ),
    ),
    ...only(
      preflight.efsId !== null,
      allow(
        'FindEfs',
        ['elasticfilesystem:DescribeFileSystems', 'elasticfilesystem:DescribeMountTargets'],
        arn('elasticfilesystem', `file-system/${preflight.efsId}`),
      ),
      allow(
        'FindGroupsOfEfs',
        'elasticfilesystem:DescribeMountTargetSecurityGroups',
        arn('elasticfilesystem', `file-system/${preflight.efsId}`),
      ),
    ),
  ];
};

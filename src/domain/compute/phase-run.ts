/** What whoever launches pipelines needs: start heads, follow them, end them, and hand them secrets. */
import type { Statement } from '../resources/policy-document.ts';
import { allow, only, type PhaseScope } from './phase-scope.ts';
import { allowedPlaces } from './places.ts';
import { jobRolesOf, logGroupOf, notOthersCondition, submissions } from './policies.ts';

export const runStatements = ({ input, names, arn, partition }: PhaseScope): readonly Statement[] => {
  const { execution, head, compute } = jobRolesOf(input);
  const places = allowedPlaces(input.config);
  const bucket = (name: string) => `${partition}:s3:::${name}`;
  return [
    // Pipelines name their own definitions.
    ...submissions('StartHeads', input, arn('batch', 'job-definition/*')),
    allow('DefineHeads', ['batch:RegisterJobDefinition', 'batch:TagResource'], arn('batch', 'job-definition/*')),
    {
      ...allow('EndHeads', ['batch:CancelJob', 'batch:TagResource', 'batch:TerminateJob'], arn('batch', 'job/*')),
      ...notOthersCondition(input),
    },
    allow(
      'FollowHeads',
      [
        'batch:DescribeComputeEnvironments',
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
      ],
      '*',
    ),
    allow('PassJobRoles', 'iam:PassRole', [...new Set([execution, head, compute].filter((role) => role !== null))], {
      StringEquals: { 'iam:PassedToService': ['batch.amazonaws.com', 'ecs-tasks.amazonaws.com'] },
    }),
    allow(
      'ReadLogs',
      ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'],
      [arn('logs', `log-group:${logGroupOf(input, names)}`), arn('logs', `log-group:${logGroupOf(input, names)}:*`)],
    ),
    allow(
      'HandSecretsToPipelines',
      [
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:TagResource',
      ],
      arn('secretsmanager', 'secret:tower-*'),
    ),
    allow('ListSecrets', 'secretsmanager:ListSecrets', '*'),
    ...only(
      places.length > 0,
      allow(
        'FindWork',
        ['s3:GetBucketLocation', 's3:ListBucket'],
        [...new Set(places.map((place) => bucket(place.bucket)))],
      ),
      allow(
        'ReadAndWriteWork',
        ['s3:GetObject', 's3:PutObject'],
        places.map((place) => `${bucket(place.bucket)}/${place.prefix === '' ? '' : `${place.prefix}/`}*`),
      ),
    ),
  ];
};

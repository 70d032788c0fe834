/**
 * Roles of a compute environment: who may enter them, and what they may do. As Tower Forge grants it, but on the names
 * of this environment alone wherever AWS can tell them.
 */
import { type AccountRef, partitionOf } from '../core/account.ts';
import type { PolicyDocument, Statement } from '../resources/policy-document.ts';
import type { ComputeConfig } from './config.ts';
import type { ComputeInput, Tenancy } from './input.ts';
import { type ComputeNames, computeNames } from './names.ts';
import { allowedPlaces, type BucketPlace } from './places.ts';
import { ownerTagOf, ownShareOf, sharesInstances } from './tenancy.ts';

/** Policies of AWS, by what stands behind `policy/`. */
export const MANAGED = {
  batchService: 'service-role/AWSBatchServiceRole',
  spotFleet: 'service-role/AmazonEC2SpotFleetTaggingRole',
  ecsInstance: 'service-role/AmazonEC2ContainerServiceforEC2Role',
  ecsExecution: 'service-role/AmazonECSTaskExecutionRolePolicy',
} as const;

export const managedPolicyArn = (region: string, policy: string): string =>
  `arn:${partitionOf(region)}:iam::aws:policy/${policy}`;

export const roleArn = ({ accountId, region }: AccountRef, path: string, name: string): string =>
  `arn:${partitionOf(region)}:iam::${accountId}:role${path}${name}`;

/** Services that enter the roles. */
type Service = 'batch' | 'spotfleet' | 'ec2' | 'ecs-tasks';

/** EC2's has an ending of its own in China. */
export const servicePrincipal = (service: Service, region: string): string =>
  `${service}.amazonaws.com${service === 'ec2' && partitionOf(region) === 'aws-cn' ? '.cn' : ''}`;

export const trustOf = (service: Service, { accountId, region }: AccountRef): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: servicePrincipal(service, region) },
      Action: 'sts:AssumeRole',
      // Tasks run in the account of their role, so another account's are kept out; the other services don't say whose they are.
      ...(service === 'ecs-tasks' && { Condition: { StringEquals: { 'aws:SourceAccount': accountId } } }),
    },
  ],
});

/** ARNs of roles that jobs run under; null: that of their instances. */
export interface JobRoles {
  readonly execution: string;
  readonly head: string | null;
  readonly compute: string | null;
}

/** Those of the options, else those that the plan makes. */
export const jobRolesOf = (input: ComputeInput): JobRoles => {
  const { account, config } = input;
  const names = computeNames(input);
  const own = (name: string) => roleArn(account, config.eyrie.rolePath, name);
  const jobs = sharesInstances(input) ? own(names.jobRole) : null;
  return {
    execution: config.executionRole ?? input.tenancy?.executionRole ?? own(names.executionRole),
    head: config.headJobRole ?? jobs ?? (config.forge.fargateHeadEnabled ? own(names.headRole) : null),
    compute: config.computeJobRole ?? jobs,
  };
};

/** What a tenant of this one goes by. */
export const tenancyIn = (shared: ComputeInput): Tenancy => ({
  namePrefix: shared.namePrefix,
  forgeId: shared.forgeId,
  executionRole: jobRolesOf(shared).execution,
});

/** A role's inline policies: by name, as Tower Forge calls them where it has them. */
export type InlinePolicies = Readonly<Record<string, PolicyDocument>>;

/**
 * Of the instances: heads and tasks that have no role of their own work under it. Where they are shared, nobody is to: what
 * ECS needs is the managed policy's.
 * @see https://docs.seqera.io/platform-cloud/compute-envs/aws-batch
 */
export const instanceRolePolicies = (input: ComputeInput): InlinePolicies =>
  sharesInstances(input)
    ? {}
    : {
        ...headRolePolicies(input),
        ...(input.config.forge.ebsAutoScale && { 'ebs-autoscale-policy': autoscalePolicy(input) }),
      };

/** Of heads without instances; of all jobs where instances are shared. */
export const headRolePolicies = (input: ComputeInput): InlinePolicies => ({
  'nextflow-policy': nextflowPolicy(input),
  ...storagePolicies(input.config, input.account),
  'pipeline-secrets-policy': headSecretsPolicy(input),
});

/** Of what starts containers: it hands them the secrets of a pipeline. Images and logs are the managed policy's. */
export const executionRolePolicies = ({ account, config }: ComputeInput): InlinePolicies => ({
  'pipeline-secrets-policy': document([
    {
      Sid: 'ReadPipelineSecrets',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: pipelineSecrets(account),
    },
    ...secretsKey(config, account),
  ]),
});

const document = (statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

const batchArn = ({ accountId, region }: AccountRef, rest: string): string =>
  `arn:${partitionOf(region)}:batch:${region}:${accountId}:${rest}`;

/** What Nextflow's head job calls. */
const nextflowPolicy = (input: ComputeInput): PolicyDocument => {
  const { account } = input;
  const names = computeNames(input);
  // Of a tenant, those in which it runs.
  const { main } = computeNames(input.tenancy ?? input);
  const { accountId, region } = account;
  const passed = passedRoles(input);
  return document([
    ...submissions('RunTasks', input, batchArn(account, 'job-definition/*')),
    {
      Sid: 'DefineTasks',
      Effect: 'Allow',
      Action: ['batch:RegisterJobDefinition', 'batch:TagResource'],
      Resource: batchArn(account, 'job-definition/*'),
    },
    {
      // Ending and tagging a job is authorised on the job, whose id says nothing about its queue.
      Sid: 'EndAndTagTasks',
      Effect: 'Allow',
      Action: ['batch:CancelJob', 'batch:TerminateJob', 'batch:TagResource'],
      Resource: batchArn(account, 'job/*'),
      ...notOthersCondition(input),
    },
    {
      // None of these can be limited to a resource.
      Sid: 'LookAtTasks',
      Effect: 'Allow',
      Action: [
        'batch:DescribeComputeEnvironments',
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
        'ec2:DescribeInstanceStatus',
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceTypes',
      ],
      Resource: '*',
    },
    // It tells the user data of instances, which are not its own where they are shared.
    ...(sharesInstances(input)
      ? []
      : [
          {
            Sid: 'LookAtSettings',
            Effect: 'Allow' as const,
            Action: 'ec2:DescribeInstanceAttribute',
            Resource: `arn:${partitionOf(region)}:ec2:${region}:${accountId}:instance/*`,
          },
        ]),
    {
      // Batch makes the cluster, and puts the environment's name into the cluster's.
      Sid: 'LookAtInstances',
      Effect: 'Allow',
      Action: ['ecs:DescribeContainerInstances', 'ecs:DescribeTasks'],
      Resource: ['container-instance', 'task'].map(
        (type) => `arn:${partitionOf(region)}:ecs:${region}:${accountId}:${type}/*${main}*/*`,
      ),
    },
    {
      Sid: 'ReadLogs',
      Effect: 'Allow',
      Action: 'logs:GetLogEvents',
      Resource: `arn:${partitionOf(region)}:logs:${region}:${accountId}:log-group:${logGroupOf(input, names)}:log-stream:*`,
    },
    { Sid: 'LookAtJobRoles', Effect: 'Allow', Action: 'iam:GetRole', Resource: passed },
    {
      Sid: 'PassJobRoles',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: passed,
      Condition: { StringEquals: { 'iam:PassedToService': JOB_ROLES_PASSED_TO } },
    },
  ]);
};

/**
 * Jobs for its queues; where others use those, too, under its own share alone. AWS's guide has the share weighed with queue
 * and definition, its reference with the job: either way no other share gets in. That there is one, Batch sees to.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-share-identifier.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_batch.html
 */
export const submissions = (sid: string, input: ComputeInput, definitions: string): readonly Statement[] => {
  const { account } = input;
  const share = ownShareOf(input);
  const queues = batchArn(account, `job-queue/${computeNames(input.tenancy ?? input).main}*`);
  const jobs = batchArn(account, 'job/*');
  const submit = { Effect: 'Allow', Action: 'batch:SubmitJob' } as const;
  if (share === null) return [{ Sid: sid, ...submit, Resource: [queues, definitions, jobs] }];
  const own = { 'batch:ShareIdentifier': share };
  return [
    { Sid: sid, ...submit, Resource: [queues, definitions], Condition: { StringEqualsIfExists: own } },
    { Sid: `${sid}OfShare`, ...submit, Resource: jobs, Condition: { StringEquals: own } },
  ];
};

/** Of jobs: those that carry another one's tag are left alone. The configuration of Nextflow puts it on every task. */
export const notOthersCondition = (input: ComputeInput): Pick<Statement, 'Condition'> => {
  const { key, value } = ownerTagOf(input);
  return sharesInstances(input) ? { Condition: { StringEqualsIfExists: { [`aws:ResourceTag/${key}`]: value } } } : {};
};

/**
 * Batch hands a job's role to the ECS task that runs it. Which of the two a registration is authorised for is not
 * documented.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
const JOB_ROLES_PASSED_TO = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];

/** What stands in the definitions of jobs. */
const passedRoles = (input: ComputeInput): string[] => {
  const { execution, head, compute } = jobRolesOf(input);
  return [...new Set([execution, head, compute].filter((arn) => arn !== null))];
};

/** Where jobs log to. */
export const logGroupOf = ({ config }: Pick<ComputeInput, 'config'>, names: Pick<ComputeNames, 'logGroup'>): string =>
  config.logGroup ?? names.logGroup;

/** Exactly what Fusion asks for, and HEAD of a bucket's region. */
const OBJECT_ACTIONS = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:GetObject',
  's3:GetObjectTagging',
  's3:ListMultipartUploadParts',
  's3:PutObject',
  's3:PutObjectTagging',
];

/** Left out where there is nothing in S3 to be used. */
const storagePolicies = (config: ComputeConfig, account: AccountRef): InlinePolicies => {
  const places = allowedPlaces(config);
  return places.length === 0 ? {} : { 'bucket-policy': bucketsPolicy(places, account) };
};

/** Characters that it takes of what IAM gives to a role. */
export const bucketPolicyLength = (places: readonly BucketPlace[]): number =>
  JSON.stringify(bucketsPolicy(places, LONGEST_PARTITION)).length;

const LONGEST_PARTITION = { region: 'us-gov-west-1' };

const bucketsPolicy = (places: readonly BucketPlace[], { region }: Pick<AccountRef, 'region'>): PolicyDocument => {
  const arn = (bucket: string) => `arn:${partitionOf(region)}:s3:::${bucket}`;
  const whole = places.filter(({ prefix }) => prefix === '');
  const parts = places.filter(({ prefix }) => prefix !== '');
  return document([
    ...(whole.length === 0
      ? []
      : [
          {
            Sid: 'List',
            Effect: 'Allow' as const,
            Action: 's3:ListBucket',
            Resource: whole.map((at) => arn(at.bucket)),
          },
        ]),
    ...parts.map(({ bucket, prefix }) => ({
      Effect: 'Allow' as const,
      Action: 's3:ListBucket',
      Resource: arn(bucket),
      // The name without its slash is how Nextflow asks whether a directory exists.
      Condition: { StringLike: { 's3:prefix': [prefix, `${prefix}/*`] } },
    })),
    {
      Sid: 'Find',
      Effect: 'Allow',
      Action: 's3:GetBucketLocation',
      Resource: [...new Set(places.map(({ bucket }) => arn(bucket)))],
    },
    {
      Sid: 'Objects',
      Effect: 'Allow',
      Action: OBJECT_ACTIONS,
      Resource: places.map(({ bucket, prefix }) => `${arn(bucket)}/${prefix === '' ? '' : `${prefix}/`}*`),
    },
  ]);
};

/** Seqera names the secrets of a pipeline `tower-…`. */
const pipelineSecrets = ({ accountId, region }: AccountRef): string =>
  `arn:${partitionOf(region)}:secretsmanager:${region}:${accountId}:secret:tower-*`;

/** A head asks for the secrets that it knows by name. */
const headSecretsPolicy = ({ account, config }: ComputeInput): PolicyDocument =>
  document([
    {
      Sid: 'ReadPipelineSecrets',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: pipelineSecrets(account),
    },
    // It can't be limited to a resource.
    { Sid: 'ListSecrets', Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*' },
    ...secretsKey(config, account),
  ]);

/** Secrets under AWS's own key need no right of their own. */
const secretsKey = ({ secretsKmsKeyId }: ComputeConfig, account: AccountRef): Statement[] =>
  secretsKmsKeyId === null
    ? []
    : [
        {
          Sid: 'DecryptPipelineSecrets',
          Effect: 'Allow',
          Action: 'kms:Decrypt',
          Resource: kmsKeyArn(secretsKmsKeyId, account),
          Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${account.region}.amazonaws.com` } },
        },
      ];

/** An id is one of the account's own; an ARN may be another account's. */
export const kmsKeyArn = (id: string, { accountId, region }: AccountRef): string =>
  id.startsWith('arn:') ? id : `arn:${partitionOf(region)}:kms:${region}:${accountId}:key/${id}`;

/** For volumes that instances add to themselves: they carry their owner's tag from the start, as the instances do. */
const autoscalePolicy = (input: ComputeInput): PolicyDocument => {
  const { account, config } = input;
  const { accountId, region } = account;
  const ec2 = (rest: string) => `arn:${partitionOf(region)}:ec2:${region}:${accountId}:${rest}`;
  const { key: tag, value: owner } = ownerTagOf(input);
  const ours: Statement['Condition'] = { StringEquals: { [`aws:ResourceTag/${tag}`]: owner } };
  const key = config.eyrie.kmsKeyId;
  return document([
    {
      Sid: 'LookAtVolumes',
      Effect: 'Allow',
      Action: ['ec2:DescribeVolumeStatus', 'ec2:DescribeVolumes'],
      Resource: '*',
    },
    {
      Sid: 'CreateVolumes',
      Effect: 'Allow',
      Action: 'ec2:CreateVolume',
      Resource: ec2('volume/*'),
      Condition: { StringEquals: { [`aws:RequestTag/${tag}`]: owner } },
    },
    {
      Sid: 'TagVolumes',
      Effect: 'Allow',
      Action: 'ec2:CreateTags',
      Resource: ec2('volume/*'),
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateVolume', [`aws:RequestTag/${tag}`]: owner } },
    },
    {
      Sid: 'UseVolumes',
      Effect: 'Allow',
      Action: ['ec2:AttachVolume', 'ec2:DeleteVolume', 'ec2:ModifyInstanceAttribute'],
      Resource: [ec2('volume/*'), ec2('instance/*')],
      Condition: ours,
    },
    ...(key === null
      ? []
      : [
          {
            Sid: 'EncryptVolumes',
            Effect: 'Allow' as const,
            Action: [
              'kms:Decrypt',
              'kms:DescribeKey',
              'kms:GenerateDataKeyWithoutPlaintext',
              'kms:ReEncryptFrom',
              'kms:ReEncryptTo',
            ],
            Resource: kmsKeyArn(key, account),
            Condition: { StringEquals: { 'kms:ViaService': `ec2.${region}.amazonaws.com` } },
          },
          {
            Sid: 'GrantKeyToVolumes',
            Effect: 'Allow' as const,
            Action: 'kms:CreateGrant',
            Resource: kmsKeyArn(key, account),
            Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
          },
        ]),
  ]);
};

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { workspaceNames } from '#domain/workspace/names.ts';
import { OPERATIONS } from '#s3/operations.ts';
import { mayHappen, type Question } from './iam.ts';
import { documentNames, PLACEHOLDERS, policiesOf, readDocument, readText, roles } from './role-documents.ts';

const ACCOUNT = '123456789012';
const names = workspaceNames({ hostname: 'brh.data-commons.org', user: 'test@example.com', accountId: ACCOUNT });
const H = names.environment;

const iam = (rest: string) => `arn:aws:iam::${ACCOUNT}:${rest}`;
const ec2 = (rest: string) => `arn:aws:ec2:us-east-1:${ACCOUNT}:${rest}`;
const batch = (rest: string) => `arn:aws:batch:us-east-1:${ACCOUNT}:${rest}`;
const CONTROL = 'arn:aws:s3:::eyrie-control';
const BUCKET = `arn:aws:s3:::${names.bucket}`;
const USER = iam(`user/${names.clientUser}`);
const POLICY = iam(`policy${names.path}${names.clientPolicy}`);
const HOLDER = iam('user/gen3wf-brh-data-commons-org-7-bot');
const HOLDERS_POLICY = iam('policy/gen3wf-brh-data-commons-org-7-bot/gen3wf-brh-data-commons-org-7-bot-policy');
const JOBS_ROLE = iam(`role${names.path}${names.jobsRole}`);
const CLIENT_ROLE = iam(`role/${names.clientRole}`);
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1111`;

const OURS = { 'aws:ResourceTag/eyrie:environment': H };
const THEIRS = { 'aws:ResourceTag/eyrie:environment': 'another-environment' };
const GUARD_DUTYS = { 'aws:ResourceTag/GuardDutyManaged': 'true' };
const TAGGED_SO = { 'aws:RequestTag/eyrie:environment': H, 'aws:TagKeys': ['eyrie:environment'] };

type Row = readonly [allowed: boolean, action: string, resource: string, context?: Question['context']];

const describeRole = (role: string, principal: string, rows: readonly Row[]) =>
  describe(`the ${role} role`, () => {
    for (const [allowed, action, resource, context = {}] of rows) {
      const given = Object.keys(context).length > 0 ? ` ${JSON.stringify(context)}` : '';
      test(`${allowed ? 'may' : 'may not'} ${action} on ${resource}${given}`, async () => {
        expect(await mayHappen(policiesOf(role), { principal, action, resource, context })).toBe(allowed);
      });
    }
  });

const PROVISIONING: readonly Row[] = [
  // network
  [true, 'ec2:DescribeVpcs', '*'],
  [true, 'ec2:CreateVpc', ec2('vpc/*')],
  [true, 'ec2:CreateTags', ec2('vpc/*'), { ...TAGGED_SO, 'ec2:CreateAction': 'CreateVpc' }],
  [true, 'ec2:CreateTags', ec2('vpc/vpc-1'), TAGGED_SO],
  [true, 'ec2:ModifyVpcAttribute', ec2('vpc/vpc-1')],
  [true, 'ec2:CreateRoute', ec2('route-table/rtb-main')],
  [true, 'ec2:RunInstances', ec2('instance/*')],
  [true, 'ec2:RunInstances', 'arn:aws:ec2:us-east-1::image/ami-1'],
  [true, 'ec2:TerminateInstances', ec2('instance/i-1'), OURS],
  [true, 'ec2:DeleteVpc', ec2('vpc/vpc-1'), OURS],
  [false, 'ec2:DeleteVpc', ec2('vpc/vpc-1')],
  [false, 'ec2:DeleteVpc', ec2('vpc/vpc-1'), THEIRS],
  [false, 'ec2:TerminateInstances', ec2('instance/i-1')],
  [false, 'ec2:CreateRoute', ec2('route-table/rtb-1'), THEIRS],
  [false, 'ec2:CreateTags', ec2('vpc/vpc-1'), { ...TAGGED_SO, ...THEIRS }],
  [false, 'ec2:CreateTags', ec2('vpc/vpc-1'), { ...TAGGED_SO, 'aws:RequestTag/eyrie:environment': 'x' }],
  [false, 'ec2:CreateVpcPeeringConnection', ec2('vpc/vpc-1')],
  [false, 'ec2:DeleteVolume', ec2('volume/vol-1')],
  [true, 'ec2:DeleteVolume', ec2('volume/vol-1'), OURS],
  [false, 'ec2:DeleteVolume', ec2('volume/vol-1'), THEIRS],
  [true, 'ec2:DeleteNetworkInterface', ec2('network-interface/eni-1'), OURS],
  [false, 'ec2:DeleteNetworkInterface', ec2('network-interface/eni-1')],
  [true, 'ec2:DeleteVpcEndpoints', ec2('vpc-endpoint/vpce-1'), GUARD_DUTYS],
  [true, 'ec2:DeleteSecurityGroup', ec2('security-group/sg-1'), GUARD_DUTYS],
  [false, 'ec2:DeleteVpcEndpoints', ec2('vpc-endpoint/vpce-1')],
  [false, 'ec2:DeleteSecurityGroup', ec2('security-group/sg-1')],
  [false, 'ec2:DeleteSubnet', ec2('subnet/subnet-1'), GUARD_DUTYS],
  [true, 'sts:DecodeAuthorizationMessage', '*'],
  // compute
  [true, 'batch:CreateComputeEnvironment', batch(`compute-environment/${names.computeEnvironment}`)],
  [true, 'batch:UpdateJobQueue', batch(`job-queue/${names.jobQueue}`)],
  [true, 'batch:UpdateJobQueue', batch(`compute-environment/${names.computeEnvironment}`)],
  [true, 'batch:TerminateJob', batch('job/1')],
  [true, 'batch:ListJobs', '*'],
  [true, 'iam:PassRole', iam(`role/${names.instanceProfile}`), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  [
    true,
    'iam:CreateServiceLinkedRole',
    iam('role/aws-service-role/batch.amazonaws.com/*'),
    { 'iam:AWSServiceName': 'batch.amazonaws.com' },
  ],
  [true, 'ssm:GetParameter', 'arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/x'],
  [true, 'servicequotas:GetServiceQuota', `arn:aws:servicequotas:us-east-1:${ACCOUNT}:vpc/L-F678F1CE`],
  [false, 'batch:DeleteJobQueue', batch('job-queue/production')],
  [false, 'batch:DeleteJobQueue', batch(`job-queue/${names.jobQueue}`), THEIRS],
  [false, 'batch:SubmitJob', batch(`job-queue/${names.jobQueue}`)],
  [false, 'iam:PassRole', iam('role/admin'), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  [false, 'iam:PassRole', JOBS_ROLE, { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }],
  [
    false,
    'iam:CreateServiceLinkedRole',
    iam('role/aws-service-role/rds.amazonaws.com/*'),
    { 'iam:AWSServiceName': 'rds.amazonaws.com' },
  ],
  [false, 'ssm:GetParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/password`],
  [true, 'ssm:GetParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/eyrie/${H}/installation`],
  [true, 'ssm:PutParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/eyrie/${H}/installation`],
  [false, 'ssm:PutParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/eyrie/another-environment/installation`],
  [false, 'ssm:DeleteParameter', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/eyrie/${H}/installation`],
  // identity
  [true, 'iam:CreateUser', USER],
  [true, 'iam:TagUser', USER],
  [true, 'iam:CreateAccessKey', USER, OURS],
  [true, 'iam:DeleteAccessKey', USER, OURS],
  [true, 'iam:ListAccessKeys', USER],
  [true, 'iam:AttachUserPolicy', USER, { 'iam:PolicyARN': POLICY }],
  [true, 'iam:CreatePolicyVersion', POLICY],
  [true, 'iam:DeletePolicy', POLICY],
  [true, 'iam:GetRole', JOBS_ROLE],
  [true, 'iam:GetRole', iam(`role/${names.jobsRole}`)],
  [true, 'iam:CreateRole', CLIENT_ROLE],
  [true, 'iam:DeleteRole', CLIENT_ROLE],
  [true, 'iam:AttachRolePolicy', CLIENT_ROLE, { 'iam:PolicyARN': POLICY }],
  [false, 'iam:AttachRolePolicy', CLIENT_ROLE, { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  [false, 'iam:DeleteRole', CLIENT_ROLE, THEIRS],
  [false, 'sts:AssumeRole', CLIENT_ROLE],
  [true, 'iam:DeleteRole', JOBS_ROLE],
  [true, 'iam:AttachRolePolicy', JOBS_ROLE, { 'iam:PolicyARN': iam(`policy${names.path}${names.jobsPolicy}`) }],
  [true, 'iam:AddRoleToInstanceProfile', iam(`instance-profile/${names.instanceProfile}`)],
  [false, 'iam:CreateAccessKey', USER],
  [false, 'iam:CreateAccessKey', USER, THEIRS],
  [false, 'iam:CreateAccessKey', iam('user/somebody'), OURS],
  [false, 'iam:DeleteUser', USER],
  [false, 'iam:TagUser', USER, THEIRS],
  [false, 'iam:AttachUserPolicy', USER, { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  [false, 'iam:AttachUserPolicy', iam('user/somebody'), { 'iam:PolicyARN': POLICY }],
  [false, 'iam:AttachRolePolicy', JOBS_ROLE, { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  [false, 'iam:UpdateAssumeRolePolicy', iam('role/admin')],
  [false, 'iam:PutUserPolicy', USER],
  // What another environment's user is called by is no secret: looking tells a foreign one from one that is refused.
  [true, 'iam:GetUser', USER, THEIRS],
  [true, 'iam:GetRole', JOBS_ROLE, THEIRS],
  [true, 'iam:DeleteLoginProfile', USER, OURS],
  [true, 'iam:DeleteServiceSpecificCredential', USER, OURS],
  [true, 'iam:DetachUserPolicy', USER, { ...OURS, 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  [true, 'iam:RemoveUserFromGroup', iam('group/people')],
  [false, 'iam:AddUserToGroup', iam('group/people')],
  [false, 'iam:DeleteLoginProfile', USER, THEIRS],
  [false, 'iam:DeleteSSHPublicKey', iam('user/somebody'), OURS],
  [false, 'iam:DeleteRole', iam(`role/${names.instanceProfile}`)],
  // storage
  [true, 's3:CreateBucket', BUCKET],
  [true, 's3:PutBucketPolicy', BUCKET],
  [true, 'kms:CreateKey', '*', TAGGED_SO],
  [true, 'kms:CreateAlias', `arn:aws:kms:us-east-1:${ACCOUNT}:${names.kmsAlias}`],
  [true, 'kms:CreateAlias', KEY],
  [true, 'kms:EnableKeyRotation', KEY, OURS],
  [true, 'kms:ScheduleKeyDeletion', KEY, OURS],
  [false, 'kms:CreateKey', '*'],
  [false, 'kms:ScheduleKeyDeletion', KEY],
  [false, 'kms:DescribeKey', KEY, THEIRS],
  [false, 'kms:Decrypt', KEY, OURS],
  [false, 's3:GetObject', `${BUCKET}/someone/data`],
  [false, 's3:DeleteBucket', BUCKET],
  [false, 's3:PutBucketPolicy', 'arn:aws:s3:::another-bucket'],
];

describeRole('worker', iam('role/eyrie-worker'), [
  ...PROVISIONING,
  [true, 's3:ListBucket', CONTROL],
  [true, 's3:PutObject', `${CONTROL}/workspaces/${H}/u.json`],
  [true, 's3:PutObject', `${CONTROL}/seals/${H}/workspace/u/launch.jwe`],
  [true, 's3:DeleteObject', `${CONTROL}/intents/x.json`],
  [true, 's3:PutObject', `${CONTROL}/storage/${H}/42.json`],
  [true, 's3:PutObject', `${CONTROL}/compute-environments/${H}/a.json`],
  [true, 's3:PutObject', `${CONTROL}/installations/${H}/mark.json`],
  [false, 's3:PutObject', `${CONTROL}/installations/another-environment/mark.json`],
  [true, 's3:DeleteBucket', `arn:aws:s3:::gen3wf-${H}-42`],
  [true, 's3:DeleteObjectVersion', `arn:aws:s3:::gen3wf-${H}-42/key`],
  [true, 'kms:DeleteAlias', `arn:aws:kms:us-east-1:${ACCOUNT}:alias/gen3wf-${H}-42`],
  [true, 'kms:DeleteAlias', KEY, OURS],
  [false, 's3:GetObject', `arn:aws:s3:::gen3wf-${H}-42/key`],
  [false, 's3:PutObject', `arn:aws:s3:::gen3wf-${H}-42/key`],
  [false, 's3:DeleteBucket', 'arn:aws:s3:::gen3wf-another-environment-42'],
  [false, 's3:DeleteObject', `${BUCKET}/someone/data`],
  [false, 'kms:DeleteAlias', KEY, THEIRS],
  [true, 'sts:AssumeRole', 'arn:aws:iam::555555555555:role/csoc_adminvm'],
  [true, 'sts:AssumeRole', PLACEHOLDERS.imageReaderRoleArn ?? ''],
  [false, 'sts:AssumeRole', 'arn:aws:iam::555555555555:role/admin'],
  [false, 's3:PutObject', `${CONTROL}/workspaces/another-environment/u.json`],
  [true, 's3:PutObject', `${CONTROL}/key-holders/${H}/7-bot.json`],
  [true, 's3:GetObject', `${CONTROL}/leases/${H}/key-holder/7-bot/AKIA/task.json`],
  [true, 'iam:CreateUser', HOLDER],
  [true, 'iam:CreateAccessKey', HOLDER, OURS],
  [true, 'iam:UpdateAccessKey', HOLDER, OURS],
  [true, 'iam:AttachUserPolicy', HOLDER, { 'iam:PolicyARN': HOLDERS_POLICY }],
  [true, 'iam:CreatePolicyVersion', HOLDERS_POLICY],
  [false, 'iam:CreateAccessKey', HOLDER],
  [false, 'iam:DeleteAccessKey', HOLDER, THEIRS],
  [false, 'iam:TagUser', HOLDER, THEIRS],
  [true, 'iam:DeleteUser', HOLDER, OURS],
  [false, 'iam:DeleteUser', HOLDER, THEIRS],
  [true, 'iam:DeletePolicy', HOLDERS_POLICY],
  [false, 'iam:AttachUserPolicy', HOLDER, { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  [false, 'iam:AttachUserPolicy', USER, { 'iam:PolicyARN': HOLDERS_POLICY }],
]);

describeRole('payModel', iam('role/csoc_adminvm'), [
  ...PROVISIONING,
  [true, 'iam:SimulatePrincipalPolicy', iam('role/csoc_adminvm')],
  [false, 'iam:SimulatePrincipalPolicy', iam('role/eyrie-worker')],
  [false, 'iam:SimulatePrincipalPolicy', USER],
  [false, 's3:GetObject', `${CONTROL}/seals/${H}/workspace/u/launch.jwe`],
  [false, 'sts:AssumeRole', 'arn:aws:iam::555555555555:role/csoc_adminvm'],
  // Users' buckets, and so the keys to them, are in Eyrie's own account.
  [false, 'iam:CreateAccessKey', HOLDER, OURS],
]);

describeRole('api', iam('role/eyrie-api'), [
  [true, 's3:ListBucket', CONTROL],
  [true, 's3:GetObject', `${CONTROL}/workspaces/${H}/u.json`],
  [true, 's3:GetObject', `${CONTROL}/seals/${H}/workspace/u/launch.jwe`],
  [true, 's3:PutObject', `${CONTROL}/claims/${H}/workspace/u/AKIA.json`],
  [true, 's3:DeleteObject', `${CONTROL}/seals/${H}/workspace/u/launch.jwe`],
  [true, 's3:PutObject', `${BUCKET}/u/x`],
  [true, 's3:GetObject', `arn:aws:s3:::gen3wf-${H}-1/x`],
  [true, 's3:GetObject', `${CONTROL}/storage/${H}/1.json`],
  [false, 's3:PutObject', `${CONTROL}/storage/${H}/1.json`],
  [false, 's3:CreateBucket', `arn:aws:s3:::gen3wf-${H}-1`],
  [false, 's3:DeleteBucket', `arn:aws:s3:::gen3wf-${H}-1`],
  [true, 's3:ListBucket', BUCKET],
  [true, 's3:GetObject', `${CONTROL}/key-holders/${H}/7-bot.json`],
  [true, 's3:PutObject', `${CONTROL}/leases/${H}/key-holder/7-bot/AKIA/task.json`],
  [true, 's3:DeleteObject', `${CONTROL}/leases/${H}/key-holder/7-bot/AKIA/task.json`],
  [false, 's3:PutObject', `${CONTROL}/key-holders/${H}/7-bot.json`],
  [true, 's3:GetObject', `${CONTROL}/compute-environments/${H}/a.json`],
  [true, 's3:PutObject', `${CONTROL}/compute-environments/${H}/a.json`],
  [true, 's3:PutObject', `${CONTROL}/names/${H}/compute-environment/genomes.json`],
  [false, 's3:DeleteObject', `${CONTROL}/compute-environments/${H}/a.json`],
  [false, 's3:PutObject', `${CONTROL}/compute-environments/other/a.json`],
  [false, 'iam:DeleteAccessKey', HOLDER, OURS],
  [false, 's3:PutObject', `${CONTROL}/workspaces/${H}/u.json`],
  [false, 's3:PutObject', `${CONTROL}/seals/${H}/workspace/u/launch.jwe`],
  [false, 's3:DeleteObject', `${CONTROL}/claims/${H}/workspace/u/AKIA.json`],
  [true, 's3:GetObject', `${CONTROL}/tokens/${H}/workspace/u/hash.json`],
  [false, 's3:PutObject', `${CONTROL}/tokens/${H}/workspace/u/hash.json`],
  [true, 'sts:AssumeRole', CLIENT_ROLE],
  [true, 'sts:AssumeRole', `arn:aws:iam::555555555555:role/${names.clientRole}`],
  [false, 'sts:AssumeRole', JOBS_ROLE],
  [false, 's3:GetObject', `${CONTROL}/intents/x.json`],
  [false, 's3:PutBucketPolicy', BUCKET],
  [false, 's3:GetObject', 'arn:aws:s3:::another-bucket/x'],
  [false, 'iam:CreateAccessKey', USER, OURS],
  [false, 'iam:GetUser', USER],
  [false, 'ec2:DescribeVpcs', '*'],
  [false, 'batch:TerminateJob', batch('job/1')],
  [false, 'sts:AssumeRole', 'arn:aws:iam::555555555555:role/csoc_adminvm'],
]);

describeRole('imageReader', 'arn:aws:iam::999999999999:role/nextflow-imagebuilder-reader', [
  [true, 'imagebuilder:ListImagePipelineImages', PLACEHOLDERS.imagePipelineArns ?? ''],
  [false, 'imagebuilder:ListImagePipelineImages', 'arn:aws:imagebuilder:us-east-1:999999999999:image-pipeline/other'],
]);

test('the control bucket lets worker and API in, nobody else, and TLS only', async () => {
  const may = (principal: string, tls: string) =>
    mayHappen(
      [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
      {
        principal,
        action: 's3:GetObject',
        resource: `${CONTROL}/seals/x`,
        context: { 'aws:SecureTransport': tls, 'aws:PrincipalArn': principal },
      },
      readDocument('control-bucket'),
    );
  expect(await may(PLACEHOLDERS.workerRoleArn ?? '', 'true')).toBe(true);
  expect(await may(PLACEHOLDERS.apiRoleArn ?? '', 'true')).toBe(true);
  expect(await may(PLACEHOLDERS.apiRoleArn ?? '', 'false')).toBe(false);
  expect(await may(iam('role/admin'), 'true')).toBe(false);
});

describe('the documents', () => {
  test('have placeholders that are known, and fit into a managed policy', () => {
    for (const name of documentNames) {
      for (const [, key = ''] of readText(name).matchAll(/\{\{(\w+)\}\}/g)) expect(PLACEHOLDERS).toHaveProperty(key);
      expect(JSON.stringify(readDocument(name)).length).toBeLessThanOrEqual(6144);
    }
  });

  test('are all that the roles name', () => {
    const used = Object.values(roles).flatMap(({ trust, policies }) => [...policies, ...(trust ? [trust] : [])]);
    expect([...new Set([...used, 'control-bucket', 'doctor'])].sort()).toEqual([...documentNames].sort());
  });

  /** S3 names a right differently from the operation, where it does. */
  const RIGHTS: Readonly<Record<string, string | null>> = {
    's3:HeadBucket': 's3:ListBucket',
    's3:ListBuckets': 's3:ListAllMyBuckets',
    's3:HeadObject': 's3:GetObject',
    's3:ListObjectsV2': 's3:ListBucket',
    's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
    's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
    's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
    's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
    's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
    's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
    's3:GetBucketCors': 's3:GetBucketCORS',
    's3:PutBucketCors': 's3:PutBucketCORS',
    's3:DeleteBucketCors': 's3:PutBucketCORS',
    's3:DeleteBucketEncryption': 's3:PutEncryptionConfiguration',
    's3:ListObjectVersions': 's3:ListBucketVersions',
    's3:ListMultipartUploads': 's3:ListBucketMultipartUploads',
    's3:DeleteObjects': 's3:DeleteObject',
    'sts:GetCallerIdentity': null, // needs no right
    'imagebuilder:ListImagePipelineImages': null, // under the reader's role
  };

  /** IAM's prefix of a service, where the SDK's client is called otherwise. */
  const PREFIXES: Readonly<Record<string, string>> = { efs: 'elasticfilesystem', 'cloudwatch-logs': 'logs' };

  test('grant the worker each operation that an activity calls', () => {
    const granted = new Set(policiesOf('worker').flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)));
    const folder = new URL('../../src/activities/', import.meta.url);
    const called = new Set<string>();
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    )) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      for (const [, members = '', client = ''] of text.matchAll(
        /import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g,
      )) {
        const service = PREFIXES[client] ?? client.replaceAll('-', '');
        for (const [, operation] of members.matchAll(/\b([A-Z]\w+)Command\b/g)) called.add(`${service}:${operation}`);
      }
    }
    const needed = [...called]
      .map((action) => (action in RIGHTS ? RIGHTS[action] : action))
      .filter((action) => action !== null);
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((action) => !granted.has(action ?? ''))).toEqual([]);
  });
});

describe('what /s3 offers, the api role may do', () => {
  const USER_BUCKET = `arn:aws:s3:::gen3wf-${H}-42`;
  /** Where the right is called otherwise than the operation. */
  const RIGHTS: Readonly<Record<string, readonly string[]>> = {
    HeadBucket: ['ListBucket'],
    ListObjects: ['ListBucket'],
    ListObjectsV2: ['ListBucket'],
    ListObjectVersions: ['ListBucketVersions'],
    ListMultipartUploads: ['ListBucketMultipartUploads'],
    DeleteObjects: ['DeleteObject', 'DeleteObjectVersion'],
    HeadObject: ['GetObject', 'GetObjectVersion'],
    GetObjectAttributes: ['GetObject', 'GetObjectAttributes', 'GetObjectVersion', 'GetObjectVersionAttributes'],
    CopyObject: ['PutObject', 'PutObjectTagging', 'GetObject', 'GetObjectTagging', 'GetObjectVersion'],
    CreateMultipartUpload: ['PutObject', 'PutObjectTagging'],
    UploadPart: ['PutObject'],
    UploadPartCopy: ['PutObject', 'GetObject', 'GetObjectVersion'],
    CompleteMultipartUpload: ['PutObject'],
    ListParts: ['ListMultipartUploadParts'],
  };
  const ofVersion = (name: string) => name.replace('Object', 'ObjectVersion');

  for (const { name, on, parameters } of OPERATIONS.filter(({ answer }) => answer === 'forward')) {
    const rights = RIGHTS[name] ?? [name, ...(parameters.includes('versionId') ? [ofVersion(name)] : [])];
    test.each(rights)(`${name}: %s`, async (right) => {
      const question = {
        principal: iam('role/eyrie-api'),
        action: `s3:${right}`,
        resource: on === 'bucket' && name !== 'DeleteObjects' ? USER_BUCKET : `${USER_BUCKET}/key`,
        context: {},
      };
      expect(await mayHappen(policiesOf('api'), question)).toBe(true);
      expect(await mayHappen(policiesOf('api'), { ...question, resource: 'arn:aws:s3:::other/key' })).toBe(false);
    });
  }
});

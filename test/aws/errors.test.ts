/** Each rule with an answer as the service gives it, through the real SDK: what counts is what arrives here. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateJobQueueCommand, DeleteJobQueueCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { CreateVpcCommand, DescribeVpcsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, DeleteRoleCommand } from '@aws-sdk/client-iam';
import { ListImagePipelineImagesCommand } from '@aws-sdk/client-imagebuilder';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { classify, isAwsCode } from '#aws/errors.ts';
import { codeOf, type FailureCode, factsOf } from '#domain/core/failures.ts';
import { ec2, FORBIDDEN, HTML, json, MOVED, NONE, query, type Reply, SLOW_DOWN, s3 } from './replies.ts';

let reply: Reply | 'cut' | 'silence';
let calls = 0;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    calls += 1;
    request.resume();
    if (reply === 'silence') return;
    if (reply === 'cut') {
      response.socket?.destroy();
      return;
    }
    response.writeHead(reply.status, { 'x-amzn-requestid': 'request-7', ...reply.headers }).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ACCOUNT = { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null };

const awsAt = (port: number, requestTimeoutMs = 5_000) =>
  createAws({
    endpoint: `http://127.0.0.1:${port}`,
    credentials: async () => ({ accessKeyId: '123456789012', secretAccessKey: 'sandbox' }),
    requestTimeoutMs,
  });
const portOf = () => (server.address() as AddressInfo).port;

const failureOf = async (call: Promise<unknown>): Promise<unknown> =>
  await call.then(
    () => expect.fail('the call was expected to fail'),
    (error: unknown) => error,
  );

const aws = () => awsAt(portOf());
const CALLS = {
  createVpc: () =>
    aws()
      .ec2(ACCOUNT)
      .send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })),
  describeVpcs: () => aws().ec2(ACCOUNT).send(new DescribeVpcsCommand({})),
  runInstances: () =>
    aws()
      .ec2(ACCOUNT)
      .send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1 })),
  createQueue: () =>
    aws()
      .batch(ACCOUNT)
      .send(new CreateJobQueueCommand({ jobQueueName: 'q', priority: 0, computeEnvironmentOrder: [] })),
  deleteQueue: () =>
    aws()
      .batch(ACCOUNT)
      .send(new DeleteJobQueueCommand({ jobQueue: 'q' })),
  describeQueues: () => aws().batch(ACCOUNT).send(new DescribeJobQueuesCommand({})),
  createRole: () =>
    aws()
      .iam(ACCOUNT)
      .send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' })),
  deleteRole: () =>
    aws()
      .iam(ACCOUNT)
      .send(new DeleteRoleCommand({ RoleName: 'r' })),
  createBucket: () =>
    aws()
      .s3(ACCOUNT)
      .send(new CreateBucketCommand({ Bucket: 'bucket' })),
  headBucket: () =>
    aws()
      .s3(ACCOUNT)
      .send(new HeadBucketCommand({ Bucket: 'bucket' })),
  createKey: () => aws().kms(ACCOUNT).send(new CreateKeyCommand({})),
  getParameter: () =>
    aws()
      .ssm(ACCOUNT)
      .send(new GetParameterCommand({ Name: 'p' })),
  listImages: () =>
    aws()
      .imagebuilder(ACCOUNT)
      .send(new ListImagePipelineImagesCommand({ imagePipelineArn: 'a' })),
  getQuota: () =>
    aws()
      .quotas(ACCOUNT)
      .send(new GetServiceQuotaCommand({ ServiceCode: 'vpc', QuotaCode: 'L-1' })),
};

const ANSWERS: readonly (readonly [FailureCode, keyof typeof CALLS, Reply])[] = [
  ['Throttled', 'createVpc', ec2('RequestLimitExceeded', 'Request limit exceeded.', 503)],
  ['Throttled', 'createRole', query('Throttling', 'Rate exceeded')],
  ['Throttled', 'createQueue', json('TooManyRequestsException', 'Too Many Requests', 429)],
  ['Throttled', 'getQuota', json('TooManyRequestsException', 'Rate exceeded')],
  ['Throttled', 'getParameter', json('ThrottlingException', 'Rate exceeded')],
  ['Throttled', 'createBucket', s3('SlowDown', 'Please reduce your request rate.', 503)],
  ['Throttled', 'headBucket', SLOW_DOWN],

  ['QuotaExceeded', 'createRole', query('LimitExceeded', 'Cannot exceed quota for RolesPerAccount: 1000', 409)],
  ['QuotaExceeded', 'createVpc', ec2('VpcLimitExceeded', 'The maximum number of VPCs has been reached.')],
  ['QuotaExceeded', 'createVpc', ec2('InternetGatewayLimitExceeded', 'The maximum number has been reached.')],
  ['QuotaExceeded', 'runInstances', ec2('VcpuLimitExceeded', 'You have requested more vCPU capacity than allowed')],
  [
    'QuotaExceeded',
    'createKey',
    json('LimitExceededException', 'The request was rejected because a limit was exceeded.'),
  ],
  [
    'QuotaExceeded',
    'createQueue',
    json('ClientException', 'Limit exceeded: an account can have at most 50 job queues.'),
  ],
  ['QuotaExceeded', 'createQueue', json('ClientException', 'Account has reached the maximum number of job queues')],

  ['NotYet', 'createVpc', ec2('DependencyViolation', "The vpc 'vpc-1' has dependencies and cannot be deleted.")],
  ['NotYet', 'deleteRole', query('DeleteConflict', 'Cannot delete entity, must detach all policies first.', 409)],
  ['NotYet', 'createRole', query('ConcurrentModification', 'modified by another request', 409)],
  ['NotYet', 'deleteQueue', json('ClientException', 'Cannot delete, found existing JobQueue relationship')],
  ['NotYet', 'deleteQueue', json('ClientException', 'Cannot delete, resource is being modified')],
  ['NotYet', 'runInstances', ec2('IncorrectInstanceState', "The instance 'i-1' is not in a state from which ...")],
  [
    'NotYet',
    'runInstances',
    ec2(
      'InvalidParameterValue',
      'Value (p) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    ),
  ],
  ['NotYet', 'createBucket', s3('OperationAborted', 'A conflicting conditional operation is in progress', 409)],

  ['NotFound', 'describeVpcs', ec2('InvalidVpcID.NotFound', "The vpc ID 'vpc-1' does not exist")],
  [
    'NotFound',
    'describeVpcs',
    ec2('InvalidLaunchTemplateName.NotFoundException', 'At least one of ... does not exist'),
  ],
  ['NotFound', 'deleteRole', query('NoSuchEntity', 'The role with name r cannot be found.', 404)],
  ['NotFound', 'deleteQueue', json('ClientException', 'arn:aws:batch:us-east-1:1:job-queue/q does not exist')],
  ['NotFound', 'getParameter', json('ParameterNotFound', '')],
  ['NotFound', 'createKey', json('NotFoundException', 'Alias arn:aws:kms:... is not found.')],
  ['NotFound', 'listImages', json('ResourceNotFoundException', 'The resource could not be found', 404)],
  ['NotFound', 'headBucket', NONE],
  ['NotFound', 'createBucket', s3('NoSuchBucket', 'The specified bucket does not exist', 404)],

  ['AlreadyExists', 'createRole', query('EntityAlreadyExists', 'Role with name r already exists.', 409)],
  ['AlreadyExists', 'createVpc', ec2('InvalidGroup.Duplicate', "The security group 'g' already exists")],
  ['AlreadyExists', 'createVpc', ec2('RouteAlreadyExists', 'The route identified by 0.0.0.0/0 already exists.')],
  ['AlreadyExists', 'createVpc', ec2('Resource.AlreadyAssociated', 'the specified association conflicts')],
  ['AlreadyExists', 'createVpc', ec2('InvalidSubnet.Conflict', 'The CIDR conflicts with another subnet')],
  ['AlreadyExists', 'createQueue', json('ClientException', 'Object already exists')],
  ['AlreadyExists', 'createKey', json('AlreadyExistsException', 'An alias with the name already exists')],
  ['AlreadyExists', 'createBucket', s3('BucketAlreadyOwnedByYou', 'Your previous request succeeded', 409)],
  ['Conflict', 'createBucket', s3('BucketAlreadyExists', 'The requested bucket name is not available', 409)],

  ['Denied', 'createVpc', ec2('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403)],
  ['Denied', 'createVpc', ec2('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)],
  ['Denied', 'createRole', query('AccessDenied', 'User: arn is not authorized to perform: iam:CreateRole', 403)],
  [
    'Denied',
    'createRole',
    query('InvalidClientTokenId', 'The security token included in the request is invalid.', 403),
  ],
  ['Denied', 'createQueue', json('AccessDeniedException', 'User: arn is not authorized to perform: batch:x', 403)],
  ['Denied', 'createQueue', json('ClientException', 'User: arn is not authorized to perform: batch:TagResource', 403)],
  ['Denied', 'createQueue', json('UnrecognizedClientException', 'The security token is invalid.', 403)],
  ['Denied', 'createBucket', s3('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist', 403)],
  ['Denied', 'headBucket', FORBIDDEN],

  ['Invalid', 'headBucket', MOVED],
  ['Invalid', 'createRole', query('ValidationError', '1 validation error detected')],
  ['Invalid', 'createRole', query('MalformedPolicyDocument', 'Syntax errors in policy.')],
  ['Invalid', 'createVpc', ec2('InvalidVpc.Range', "The CIDR '10.0.0.0/2' is invalid.")],
  ['Invalid', 'runInstances', ec2('Unsupported', 'Your requested instance type is not supported in your zone')],
  ['Invalid', 'runInstances', ec2('IdempotentParameterMismatch', 'Arguments on this idempotent request ...')],
  ['Invalid', 'createQueue', json('ClientException', 'computeEnvironmentOrder can not be empty')],
  ['Invalid', 'createKey', json('ValidationException', 'is not valid')],

  ['Unavailable', 'createVpc', ec2('InternalError', 'An internal error has occurred', 500)],
  ['Unavailable', 'createVpc', ec2('Unavailable', 'The service is unavailable.', 503)],
  ['Unavailable', 'createQueue', json('ServerException', 'Internal failure', 500)],
  ['Unavailable', 'createRole', query('ServiceFailure', 'unknown error', 500)],
  ['Unavailable', 'createQueue', HTML],
  ['Unavailable', 'createVpc', HTML],

  ['Unknown', 'createVpc', ec2('SomethingNew', 'never heard of')],
];

describe('an answer of AWS', () => {
  test.each(ANSWERS.map(([code, call, answer]) => ({ code, call, answer, body: answer.body.slice(0, 160) })))(
    'is $code: $call, $body',
    async ({ code, call, answer }) => {
      reply = answer;
      const error = await failureOf(CALLS[call]());
      expect(codeOf(error)).toBe(code);
      // Only a fault of the service's own leaves the outcome of a write open.
      expect(factsOf(error).outcomeUnknown ?? false).toBe(code === 'Unavailable');
    },
  );

  test('keeps the code, the request and the call', async () => {
    reply = ec2('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
    const error = await failureOf(CALLS.createVpc());
    expect(factsOf(error)).toEqual({ awsCode: 'VpcLimitExceeded', requestId: 'request-7', operation: 'ec2:CreateVpc' });
    expect((error as Error).message).toBe('ec2:CreateVpc: The maximum number of VPCs has been reached.');
    expect((error as Error).cause).toBeUndefined();
    expect(isAwsCode(error, 'Other', 'VpcLimitExceeded')).toBe(true);
    expect(isAwsCode(error, 'Other')).toBe(false);
  });

  test('about capacity or old credentials is retried, and had no effect', async () => {
    for (const answer of [
      ec2('InsufficientInstanceCapacity', 'We do not have enough capacity', 500),
      ec2('RequestExpired', 'Request has expired.'),
    ]) {
      reply = answer;
      const error = await failureOf(CALLS.runInstances());
      expect(codeOf(error)).toBe('Unavailable');
      expect(factsOf(error).outcomeUnknown).toBeUndefined();
    }
  });

  test.each([
    ['AWS access key AKIAIOSFODNN7EXAMPLE is not valid', 'AWS access key [access key] is not valid'],
    [
      "The request signature we calculated does not match. The Canonical String for this request should have been\n'GET /\nx-amz-security-token:FwoG'",
      'The request signature we calculated does not match.',
    ],
    ['You are not authorized. Encoded authorization failure message: 4f3ab2', 'You are not authorized.'],
    [
      'bad header Credential=AKIAIOSFODNN7EXAMPLE/20260101, Signature=0123abcd',
      'bad header Credential=[removed], Signature=[removed]',
    ],
    ['two\n  lines', 'two lines'],
  ])('is told without secrets: %s', (message, told) => {
    const failure = classify(
      Object.assign(new Error(message), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }),
      {
        operation: 'sts:X',
        write: true,
      },
    );
    expect(failure.message).toBe(`sts:X: ${told}`);
  });
});

describe('no answer', () => {
  test('to a write leaves its outcome open, and is asked for once', async () => {
    reply = 'cut';
    calls = 0;
    const error = await failureOf(CALLS.createVpc());
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error)).toMatchObject({ operation: 'ec2:CreateVpc', outcomeUnknown: true });
    expect(calls).toBe(1);
  });

  test('to a read is asked for twice, and changed nothing', async () => {
    reply = 'cut';
    calls = 0;
    const error = await failureOf(CALLS.describeVpcs());
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error).outcomeUnknown).toBeUndefined();
    expect(calls).toBe(2);
  });

  test('within the time leaves the outcome of a write open', async () => {
    reply = 'silence';
    const hasty = awsAt(portOf(), 200);
    const error = await failureOf(hasty.ec2(ACCOUNT).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })));
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error).outcomeUnknown).toBe(true);
  });

  test('from a port where nobody listens: the call had no effect', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const error = await failureOf(
      awsAt(port)
        .ec2(ACCOUNT)
        .send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })),
    );
    expect(codeOf(error)).toBe('Unavailable');
    expect(factsOf(error).outcomeUnknown).toBeUndefined();
  });
});

test('an answer without a body is told by its status', async () => {
  reply = FORBIDDEN;
  const error = await failureOf(CALLS.headBucket());
  expect(error).toMatchObject({
    message: "s3:HeadBucket of bucket: the service answered 403 (asked with Eyrie's own credentials)",
  });
});

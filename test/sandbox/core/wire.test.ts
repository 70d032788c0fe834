import { expect, test } from 'vitest';
import type { Call } from '../../../sandbox/core/call.ts';
import { resourceOf } from '../../../sandbox/endpoint/calls.ts';
import { parseAnswer, renderAnswer } from '../../../sandbox/wire/answers.ts';
import { decodeRequest } from '../../../sandbox/wire/decode-request.ts';
import { encodeParams } from '../../../sandbox/wire/encode-request.ts';
import type { RawRequest } from '../../../sandbox/wire/request.ts';

const aRequest = (
  method: string,
  url: string,
  { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): RawRequest => {
  const [path = '/', query = ''] = url.split('?');
  return { method, path, query, headers: { host: '127.0.0.1', ...headers }, body: Buffer.from(body) };
};

const aCall = (service: string, operation: string): Call => ({
  seq: 1,
  service,
  operation,
  account: '111122223333',
  region: 'us-east-1',
  accessKeyId: '111122223333',
  caller: { kind: 'root', account: '111122223333', arn: 'arn:aws:iam::111122223333:root' },
  params: {},
  request: aRequest('POST', '/'),
});

test('EC2 parameters come as lists in the names of the SDK', () => {
  const body =
    'Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=a+b&Filter.1.Value.2=c&VpcId.2=vpc-2&VpcId.1=vpc-1';
  expect(decodeRequest('ec2', aRequest('POST', '/', { body }))).toEqual({
    operation: 'DescribeVpcs',
    params: { Filters: [{ Name: 'tag:Name', Values: ['a b', 'c'] }], VpcIds: ['vpc-1', 'vpc-2'] },
  });
});

test('more than nine list items keep their order', () => {
  const ids = Array.from({ length: 12 }, (_, index) => `vpc-${index}`);
  const body = `Action=DescribeVpcs&${ids.map((id, index) => `VpcId.${index + 1}=${id}`).join('&')}`;
  expect(decodeRequest('ec2', aRequest('POST', '/', { body })).params.VpcIds).toEqual(ids);
});

test('IAM lists are unwrapped from their members', () => {
  const body =
    'Action=CreateUser&Version=2010-05-08&UserName=anna&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value=';
  expect(decodeRequest('iam', aRequest('POST', '/', { body }))).toEqual({
    operation: 'CreateUser',
    params: {
      UserName: 'anna',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    },
  });
});

test('JSON services are told by their target, REST services by method and path', () => {
  const target = {
    headers: { 'x-amz-target': 'TrentService.CreateAlias' },
    body: '{"AliasName":"alias/x","TargetKeyId":"k"}',
  };
  expect(decodeRequest('kms', aRequest('POST', '/', target))).toEqual({
    operation: 'CreateAlias',
    params: { AliasName: 'alias/x', TargetKeyId: 'k' },
  });
  const arn = 'arn:aws:batch:us-east-1:111122223333:job-queue/q';
  for (const path of [`/v1/tags/${encodeURIComponent(arn)}`, `/v1/tags/${arn}`]) {
    const body = '{"tags":{"a":"1"}}';
    expect(decodeRequest('batch', aRequest('POST', path, { body }))).toEqual({
      operation: 'TagResource',
      params: { resourceArn: arn, tags: { a: '1' } },
    });
  }
  expect(decodeRequest('batch', aRequest('DELETE', `/v1/tags/${arn}?tagKeys=a&tagKeys=b`)).params.tagKeys).toEqual([
    'a',
    'b',
  ]);
});

test.each([
  ['PUT', '/b', {}, 'CreateBucket'],
  ['PUT', '/b/', {}, 'CreateBucket'],
  ['HEAD', '/b', {}, 'HeadBucket'],
  ['GET', '/', {}, 'ListBuckets'],
  ['GET', '/b', {}, 'ListObjects'],
  ['GET', '/b?list-type=2&prefix=x%2F', {}, 'ListObjectsV2'],
  ['GET', '/b?versions', {}, 'ListObjectVersions'],
  ['POST', '/b?delete', {}, 'DeleteObjects'],
  ['PUT', '/b?lifecycle', {}, 'PutBucketLifecycleConfiguration'],
  ['GET', '/b?lifecycle=', {}, 'GetBucketLifecycleConfiguration'],
  ['PUT', '/b?encryption', {}, 'PutBucketEncryption'],
  ['PUT', '/b?policy', {}, 'PutBucketPolicy'],
  ['GET', '/b?location', {}, 'GetBucketLocation'],
  ['PUT', '/b?publicAccessBlock', {}, 'PutPublicAccessBlock'],
  ['GET', '/b/k?x-id=GetObject', {}, 'GetObject'],
  ['PUT', '/b/k/l', {}, 'PutObject'],
  ['PUT', '/b/k', { 'x-amz-copy-source': 'b/x' }, 'CopyObject'],
  ['PUT', '/b/k?partNumber=1&uploadId=u', {}, 'UploadPart'],
  ['PUT', '/b/k?partNumber=1&uploadId=u', { 'x-amz-copy-source': 'b/x' }, 'UploadPartCopy'],
  ['PUT', '/b/k?tagging', {}, 'PutObjectTagging'],
  ['POST', '/b/k?uploads', {}, 'CreateMultipartUpload'],
  ['POST', '/b/k?uploadId=u', {}, 'CompleteMultipartUpload'],
  ['DELETE', '/b/k?uploadId=u', {}, 'AbortMultipartUpload'],
  ['GET', '/b/k?uploadId=u', {}, 'ListParts'],
  ['GET', '/b?uploads', {}, 'ListMultipartUploads'],
  ['DELETE', '/b/k', {}, 'DeleteObject'],
  ['DELETE', '/b', {}, 'DeleteBucket'],
  ['GET', '/b/k?attributes', { 'x-amz-object-attributes': 'ETag' }, 'GetObjectAttributes'],
])('S3 %s %s with %j is %s', (method, url, headers, operation) => {
  expect(decodeRequest('s3', aRequest(method, url, { headers })).operation).toBe(operation);
});

test('S3 parameters come from path, query, headers and XML', () => {
  const body = '<Delete><Object><Key>a</Key></Object><Object><Key>b &amp; c</Key></Object><Quiet>true</Quiet></Delete>';
  expect(decodeRequest('s3', aRequest('POST', '/b?delete', { body })).params).toEqual({
    Bucket: 'b',
    Delete: { Objects: [{ Key: 'a' }, { Key: 'b & c' }], Quiet: true },
  });
  const headers = { 'x-amz-meta-owner': 'anna', 'content-type': 'text/plain' };
  expect(decodeRequest('s3', aRequest('PUT', '/b/a%2Fb%20c/d', { headers })).params).toEqual({
    Bucket: 'b',
    Key: 'a/b c/d',
    ContentType: 'text/plain',
    Metadata: { owner: 'anna' },
  });
});

test.each([
  [
    'iam',
    'GetUser',
    {
      User: {
        UserName: 'a<b',
        UserId: 'AID',
        Arn: 'arn',
        Path: '/',
        CreateDate: '2026-01-01T00:00:00.000Z',
        Tags: [{ Key: 'k', Value: '' }],
      },
    },
  ],
  [
    'ec2',
    'DescribeVpcs',
    { Vpcs: [{ VpcId: 'vpc-1', IsDefault: false, Tags: [{ Key: 'Name', Value: 'x & y' }] }, { VpcId: 'vpc-2' }] },
  ],
  ['batch', 'CreateJobQueue', { jobQueueName: 'q', jobQueueArn: 'arn' }],
  [
    's3',
    'GetBucketEncryption',
    {
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true }],
      },
    },
  ],
])('a result of %s %s comes back as it was written', (service, operation, result) => {
  const call = aCall(service, operation);
  expect(parseAnswer(call, renderAnswer(call, result))).toEqual(result);
});

test('JSON timestamps are written as seconds', () => {
  const answer = renderAnswer(aCall('kms', 'DescribeKey'), {
    KeyMetadata: { KeyId: 'k', DeletionDate: new Date(1_000) },
  });
  expect(JSON.parse(answer.body.toString())).toEqual({ KeyMetadata: { KeyId: 'k', DeletionDate: 1 } });
});

test.each([
  ['iam', 'CreateUser', { UserName: 'a b', Tags: [{ Key: 'a', Value: '&' }] }],
  [
    'ec2',
    'RunInstances',
    {
      ImageId: 'ami-1',
      MinCount: '1',
      SecurityGroupIds: ['sg-1', 'sg-2'],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
    },
  ],
  ['kms', 'CreateKey', { Tags: [{ TagKey: 'a', TagValue: 'b' }] }],
])('parameters of %s %s that a rule changed are written back', (service, operation, params) => {
  const call = aCall(service, operation);
  const headers = { 'x-amz-target': `X.${operation}` };
  const request = encodeParams({ ...call, request: { ...call.request, headers } }, params);
  expect(decodeRequest(service, request)).toEqual({ operation, params });
});

test('the journal names the thing that a request is about', () => {
  expect(resourceOf('iam', 'AttachRolePolicy', { RoleName: 'r', PolicyArn: 'p' })).toBe('r');
  expect(resourceOf('ec2', 'TerminateInstances', { InstanceIds: ['i-1', 'i-2'] })).toBe('i-1');
  expect(resourceOf('batch', 'CreateComputeEnvironment', { type: 'MANAGED', computeEnvironmentName: 'ce' })).toBe('ce');
  expect(resourceOf('s3', 'PutObject', { Bucket: 'b', Key: 'k' })).toBe('b/k');
  expect(resourceOf('ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16' })).toBeNull();
});

import { describe, expect, test } from 'vitest';
import { planKeyHolder } from '#domain/keys/plan.ts';
import { keyPolicy } from '#domain/keys/policy.ts';
import type { HolderRole } from '#domain/keys/subject.ts';
import { mayHappen } from '../iam.ts';

const ACCOUNT = { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null };
const BUCKET = 'gen3wf-brh-org-7';
const ARN = `arn:aws:s3:::${BUCKET}`;
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555';

const may = (
  action: string,
  resource: string,
  context: Record<string, string | string[]> = {},
  role: HolderRole = 'user',
) =>
  mayHappen([keyPolicy({ bucket: BUCKET, account: ACCOUNT, role })], {
    principal: 'arn:aws:iam::123456789012:user/gen3wf-brh-org-7',
    action,
    resource,
    context,
  });

describe('what a key may do', () => {
  test.for([
    ['the bucket, which HEAD asks for', 's3:ListBucket', ARN, {}],
    ['the work directory with its slash', 's3:ListBucket', ARN, { 's3:prefix': 'ga4gh-tes/' }],
    ['the work directory without it, as Nextflow asks', 's3:ListBucket', ARN, { 's3:prefix': 'ga4gh-tes' }],
    ['a directory below', 's3:ListBucket', ARN, { 's3:prefix': 'ga4gh-tes/ab/cdef' }],
    ['HEAD of the work directory without its slash', 's3:GetObject', `${ARN}/ga4gh-tes`, {}],
    ['an object', 's3:GetObject', `${ARN}/ga4gh-tes/a`, {}],
    ['its tags', 's3:GetObjectTagging', `${ARN}/ga4gh-tes/a`, {}],
    ['to write one', 's3:PutObject', `${ARN}/ga4gh-tes/a/b`, {}],
    ['to delete one', 's3:DeleteObject', `${ARN}/ga4gh-tes/a`, {}],
    ['to list the parts of an upload', 's3:ListMultipartUploadParts', `${ARN}/ga4gh-tes/a`, {}],
    ['to abort an upload', 's3:AbortMultipartUpload', `${ARN}/ga4gh-tes/a`, {}],
    ['uploads under way', 's3:ListBucketMultipartUploads', ARN, { 's3:prefix': 'ga4gh-tes/' }],
    ['where the bucket is', 's3:GetBucketLocation', ARN, {}],
  ] as const)('%s', async ([_name, action, resource, context]) => {
    expect(await may(action, resource, { ...context })).toBe(true);
    expect(await may(action, resource.replace('org-7', 'org-8'), { ...context })).toBe(false);
  });

  test.for([
    ['other prefixes', 's3:ListBucket', ARN, { 's3:prefix': 'funnel-temp-files/' }],
    ['a prefix that only begins alike', 's3:ListBucket', ARN, { 's3:prefix': 'ga4gh-tests/' }],
    ['objects elsewhere in the bucket', 's3:GetObject', `${ARN}/other/a`, {}],
    ['objects of another user whose id begins alike', 's3:GetObject', `${ARN}0/ga4gh-tes/a`, {}],
    ['to write the work directory as an object', 's3:PutObject', `${ARN}/ga4gh-tes`, {}],
    ["the bucket's policy", 's3:PutBucketPolicy', ARN, {}],
    ['to delete the bucket', 's3:DeleteBucket', ARN, {}],
    ['to make more keys', 'iam:CreateAccessKey', 'arn:aws:iam::123456789012:user/gen3wf-brh-org-7', {}],
  ] as const)('not: %s', async ([_name, action, resource, context]) => {
    expect(await may(action, resource, { ...context })).toBe(false);
  });

  test('a system key works in the scratch directory of the TES server, too', async () => {
    expect(await may('s3:PutObject', `${ARN}/funnel-temp-files/a`, {}, 'system')).toBe(true);
    expect(await may('s3:ListBucket', ARN, { 's3:prefix': 'funnel-temp-files/' }, 'system')).toBe(true);
    expect(await may('s3:PutObject', `${ARN}/funnel-temp-files/a`)).toBe(false);
  });

  test('the key of the bucket, by way of S3 alone', async () => {
    const context = { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:ResourceAliases': [`alias/${BUCKET}`] };
    expect(await may('kms:GenerateDataKey', KEY, context)).toBe(true);
    expect(await may('kms:Decrypt', KEY, { ...context, 'kms:ResourceAliases': ['alias/gen3wf-brh-org-8'] })).toBe(
      false,
    );
    expect(await may('kms:Decrypt', KEY, { 'kms:ResourceAliases': [`alias/${BUCKET}`] })).toBe(false);
  });
});

test('policy, user and keys have the names of gen3-workflow, and the path is the holder’s own', () => {
  const holder = {
    ...{ environment: 'brh-org', hostname: 'brh.org', userId: '7', role: 'system' as const, bucket: BUCKET },
    account: ACCOUNT,
  };
  const { policy, user, key } = planKeyHolder(holder);
  expect(policy).toMatchObject({ name: 'gen3wf-brh-org-7-bot-policy', path: '/gen3wf-brh-org-7-bot/' });
  expect(user).toMatchObject({ name: 'gen3wf-brh-org-7-bot', path: '/', tags: { name: 'gen3wf-brh-org' } });
  expect(key('run-1')).toMatchObject({
    userName: 'gen3wf-brh-org-7-bot',
    owner: { kind: 'key-holder', id: 'brh-org.7-bot', run: 'run-1' },
  });
  expect(() => planKeyHolder({ ...holder, userId: 'a b' })).toThrow(/name of an IAM user/);
});

import { CreateVpcCommand, DeleteSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { CreateUserCommand } from '@aws-sdk/client-iam';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { resourceOf } from '#aws/resource-of.ts';

test.each([
  ['a name', new CreateUserCommand({ UserName: 'u', Path: '/p/' }), 'u'],
  ['an id', new DeleteSecurityGroupCommand({ GroupId: 'sg-1' }), 'sg-1'],
  [
    'the tag of what has no id yet',
    new CreateVpcCommand({
      CidrBlock: '10.0.0.0/16',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'v' }] }],
    }),
    'v',
  ],
  ['an object with its bucket', new GetObjectCommand({ Bucket: 'b', Key: 'k/l' }), 'b/k/l'],
  ['nothing', new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }), null],
])('a request goes by %s', (_, { input }, name) => {
  expect(resourceOf(input)).toBe(name);
});

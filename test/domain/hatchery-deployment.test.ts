import { BatchClient } from '@aws-sdk/client-batch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { makeHatcheryDeployment } from '../support/hatchery-deployment.ts';
import { sandboxAccount } from '../support/sandbox.ts';

const IMAGE = 'ami-0123456789abcdef0';

test('a Hatchery deployment has its names, its tags, and none where Hatchery sets none', async (t) => {
  const account = await sandboxAccount(t);
  await account.seed('POST images', { images: [{ id: IMAGE, name: 'nextflow-fips', architecture: 'x86_64' }] });
  const { client } = account;
  const { names, network } = await makeHatcheryDeployment({
    clients: {
      ec2: new EC2Client(client),
      batch: new BatchClient(client),
      iam: new IAMClient(client),
      kms: new KMSClient(client),
      s3: new S3Client(client),
    },
    accountId: account.id,
    imageId: IMAGE,
  });

  const inventory = await account.inventory();
  const tagsOf = (type: string, id: string) =>
    inventory.find((item) => item.type === type && (item.id === id || item.name === id))?.tags;
  const networkTags = (name: string) => ({ Name: name, Environment: 'localhost' });
  expect(tagsOf('AWS::EC2::VPC', network.vpcId)).toEqual(networkTags('localhost-nf-vpc-test-40example-2ecom'));
  expect(tagsOf('AWS::EC2::Instance', network.squidInstanceId)).toEqual(networkTags(names.squidInstance));
  expect(tagsOf('AWS::EC2::SecurityGroup', network.squidSecurityGroupId)).toEqual({});
  expect(tagsOf('AWS::EC2::LaunchTemplate', names.launchTemplate)).toEqual({});
  expect(tagsOf('AWS::Batch::ComputeEnvironment', names.computeEnvironment)).toEqual({ Name: names.tag });
  expect(tagsOf('AWS::Batch::JobQueue', names.jobQueue)).toEqual({ Name: names.tag });
  expect(tagsOf('AWS::IAM::User', names.clientUser)).toEqual({ Name: names.tag });
  expect(tagsOf('AWS::IAM::Role', names.instanceProfile)).toEqual({});
  expect(tagsOf('AWS::S3::Bucket', names.bucket)).toEqual({});
  expect(JSON.stringify(inventory)).not.toContain('eyrie:');
});

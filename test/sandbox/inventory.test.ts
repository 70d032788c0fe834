/** An inventory is read while others make and remove: it lists what there is, and never fails. */
import {
  CreateLaunchTemplateCommand,
  CreateVpcCommand,
  DeleteLaunchTemplateCommand,
  DeleteVpcCommand,
} from '@aws-sdk/client-ec2';
import {
  CreatePolicyCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createRole, type Rig, rig } from './batch-rig.ts';

const ROUNDS = 12;
const PolicyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' },
});

/** Makes one thing and removes it. */
const LIVES: Record<string, (given: Rig, name: string) => Promise<unknown>> = {
  async vpc({ ec2 }) {
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
    await ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }));
  },
  async launchTemplate({ ec2 }, LaunchTemplateName) {
    const LaunchTemplateData = { InstanceType: 'm5.large' } as const;
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
  },
  async role(given, RoleName) {
    await createRole(given, RoleName, 'ec2.amazonaws.com');
    await given.iam.send(new DeleteRoleCommand({ RoleName }));
  },
  async user({ iam }, UserName) {
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new DeleteUserCommand({ UserName }));
  },
  async policy({ iam }, PolicyName) {
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
    await iam.send(new DeletePolicyCommand({ PolicyArn: Policy?.Arn }));
  },
  async bucket({ account }, Bucket) {
    const s3 = new S3Client({ ...account.client, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    s3.destroy();
  },
};

test.concurrent('an inventory is had while things come and go', async (t) => {
  const given = await rig(t);
  const before = await given.account.inventory();
  let busy = true;
  const makers = Object.entries(LIVES).map(async ([kind, life]) => {
    for (let round = 0; round < ROUNDS; round++)
      await life(given, `${kind}-${round}-${given.account.id}`.toLowerCase());
  });
  const all = Promise.all(makers).finally(() => {
    busy = false;
  });
  let looks = 0;
  while (busy) {
    await given.account.inventory();
    looks++;
  }
  await all;
  expect(looks).toBeGreaterThan(5);
  expect(await given.account.inventory()).toEqual(before);
});

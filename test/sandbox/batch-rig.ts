/** A VPC, a profile and whatever else a compute environment needs, in an account of the test's own. */
import { BatchClient, type ComputeResource, DescribeComputeEnvironmentsCommand } from '@aws-sdk/client-batch';
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, vi } from 'vitest';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

export interface Rig {
  readonly account: SandboxAccount;
  readonly batch: BatchClient;
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
}

export const rig = async (t: TestContext): Promise<Rig> => {
  const account = await sandboxAccount(t);
  return {
    account,
    batch: new BatchClient(account.client),
    ec2: new EC2Client(account.client),
    iam: new IAMClient(account.client),
  };
};

/** What the call is refused with: `Code: message`. */
export const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (error: Error) => `${error.name}: ${error.message}`,
  );

/** Waits on a condition, never on time. */
export const until = <T>(check: () => Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 60_000, interval: 50 });

const trustOf = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

export const createRole = async ({ iam }: Rig, name: string, service: string): Promise<string> => {
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trustOf(service) }),
  );
  return String(Role?.Arn);
};

export const createProfile = async (given: Rig, name: string): Promise<string> => {
  await createRole(given, name, 'ec2.amazonaws.com');
  const { InstanceProfile } = await given.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await given.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  return String(InstanceProfile?.Arn);
};

export const createNetwork = async ({ ec2 }: Rig, cidr = '192.168.0.0/16') => {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: cidr }));
  const vpcId = String(Vpc?.VpcId);
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: cidr.replace('/16', '/18'), AvailabilityZone: 'us-east-1a' }),
  );
  const groupId = await until(async () => {
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }),
    );
    expect(SecurityGroups).toHaveLength(1);
    return String(SecurityGroups[0]?.GroupId);
  });
  return { vpcId, subnetId: String(Subnet?.SubnetId), groupId };
};

export const anImage = async ({ ec2 }: Rig): Promise<string> => {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ Owners: ['amazon'], Filters: [{ Name: 'name', Values: ['amzn2-ami-ecs-hvm-2.0*'] }] }),
  );
  expect(Images.length).toBeGreaterThan(0);
  return String(Images[0]?.ImageId);
};

/** Resources of an environment that turns VALID. */
export const someResources = async (given: Rig): Promise<ComputeResource> => {
  const network = await createNetwork(given);
  return {
    type: 'EC2',
    allocationStrategy: 'BEST_FIT_PROGRESSIVE',
    minvCpus: 0,
    maxvCpus: 16,
    instanceTypes: ['m5.large'],
    subnets: [network.subnetId],
    securityGroupIds: [network.groupId],
    instanceRole: await createProfile(given, 'ecsInstanceRole'),
  };
};

export const describeEnvironment = async ({ batch }: Rig, name: string) => {
  const found = await batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] }));
  return found.computeEnvironments?.[0];
};

export const untilStatus = (given: Rig, name: string, status: string | undefined) =>
  until(async () => {
    const found = await describeEnvironment(given, name);
    expect(found?.status).toBe(status);
    return found;
  });

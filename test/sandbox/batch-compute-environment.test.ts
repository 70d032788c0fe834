import {
  type ComputeResource,
  type ComputeResourceUpdate,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DeleteComputeEnvironmentCommand,
  DeleteJobQueueCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  UpdateComputeEnvironmentCommand,
  UpdateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { CreateLaunchTemplateCommand, CreateLaunchTemplateVersionCommand } from '@aws-sdk/client-ec2';
import { DeleteRoleCommand, RemoveRoleFromInstanceProfileCommand } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import {
  anImage,
  createNetwork,
  createRole,
  describeEnvironment,
  type Rig,
  refusal,
  rig,
  someResources,
  until,
  untilStatus,
} from './batch-rig.ts';

/** Creating takes about a second and a half: longer than a few calls, also on a busy machine. */
const SLOW = 0.12;

const create = ({ batch }: Rig, name: string, computeResources: ComputeResource, serviceRole?: string) =>
  batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: name,
      type: 'MANAGED',
      computeResources,
      tags: { Name: name },
      ...(serviceRole && { serviceRole }),
    }),
  );
const disable = ({ batch }: Rig, name: string) =>
  batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: name, state: 'DISABLED' }));
const remove = ({ batch }: Rig, name: string) =>
  batch.send(new DeleteComputeEnvironmentCommand({ computeEnvironment: name }));

test.concurrent('an environment is CREATING, refuses a queue and every change, and then VALID', async (t) => {
  const given = await rig(t);
  const resources = await someResources(given);
  await given.account.scale(SLOW);
  const { computeEnvironmentArn } = await create(given, 'ce', resources);
  const order = [{ order: 0, computeEnvironment: 'ce' }];
  const queue = new CreateJobQueueCommand({ jobQueueName: 'q', priority: 0, computeEnvironmentOrder: order });

  expect((await describeEnvironment(given, 'ce'))?.status).toBe('CREATING');
  expect(await refusal(given.batch.send(queue))).toMatch(/^ClientException: .*compute-environment\/ce is not valid/);
  expect(await refusal(disable(given, 'ce'))).toBe('ClientException: Cannot update, resource is being modified');

  const found = await untilStatus(given, 'ce', 'VALID');
  expect(found).toMatchObject({
    computeEnvironmentArn,
    state: 'ENABLED',
    statusReason: 'ComputeEnvironment Healthy',
    tags: { Name: 'ce' },
    containerOrchestrationType: 'ECS',
    serviceRole: expect.stringContaining(':role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch'),
    computeResources: { ...resources, desiredvCpus: 0 },
  });
  expect(found?.ecsClusterArn).toContain(String(found?.uuid));
  await given.batch.send(queue);
});

test.concurrent('delete needs DISABLED, no change under way and a queue that has been gone for a while', async (t) => {
  const given = await rig(t);
  const resources = await someResources(given);
  await create(given, 'ce', resources);
  const order = [{ order: 1, computeEnvironment: 'ce' }];
  await given.batch.send(new CreateJobQueueCommand({ jobQueueName: 'q', priority: 0, computeEnvironmentOrder: order }));
  await given.account.scale(SLOW);

  expect(await refusal(remove(given, 'ce'))).toBe(
    'ClientException: Cannot delete, ComputeEnvironment state is not DISABLED',
  );
  await disable(given, 'ce');
  expect(await refusal(remove(given, 'ce'))).toBe('ClientException: Cannot delete, resource is being modified');
  await untilStatus(given, 'ce', 'VALID');
  const related = 'ClientException: Cannot delete, found existing JobQueue relationship';
  expect(await refusal(remove(given, 'ce'))).toBe(related);

  expect(await refusal(given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q' })))).toBe(
    'ClientException: Cannot delete, JobQueue state is not DISABLED',
  );
  await given.batch.send(new UpdateJobQueueCommand({ jobQueue: 'q', state: 'DISABLED' }));
  const queue = async () => (await given.batch.send(new DescribeJobQueuesCommand({ jobQueues: ['q'] }))).jobQueues?.[0];
  await until(async () => expect((await queue())?.status).toBe('VALID'));
  await given.batch.send(new DeleteJobQueueCommand({ jobQueue: 'q' }));
  expect((await queue())?.status).toBe('DELETING');
  await until(async () => expect((await queue())?.status ?? 'gone').toMatch(/DELETED|gone/));
  expect(await refusal(remove(given, 'ce'))).toBe(related);

  await until(async () => expect(await refusal(remove(given, 'ce'))).toBe('accepted'));
  expect((await describeEnvironment(given, 'ce'))?.status).toBe('DELETING');
  // What is DELETED is shown for a while, and no longer holds its name.
  await until(async () => expect((await describeEnvironment(given, 'ce'))?.status ?? 'DELETED').toBe('DELETED'));
  await create(given, 'ce', resources);
  expect((await describeEnvironment(given, 'ce'))?.status).toBe('CREATING');
  await untilStatus(given, 'ce', 'VALID');
  await disable(given, 'ce');
  await untilStatus(given, 'ce', 'VALID');
  await remove(given, 'ce');
  await untilStatus(given, 'ce', undefined);
  const types = (await given.account.inventory()).map(({ type }) => type);
  expect(types.filter((type) => type.startsWith('AWS::Batch::'))).toEqual([]);
});

test.concurrent('a profile that was made a moment before makes the environment INVALID; later the same one does not', async (t) => {
  const given = await rig(t);
  await given.account.scale(SLOW);
  const resources = await someResources(given);
  await create(given, 'early', resources);
  const found = await untilStatus(given, 'early', 'INVALID');
  expect(found?.statusReason).toBe(`CLIENT_ERROR - Invalid IamInstanceProfile: ${resources.instanceRole}`);

  await until(async () => {
    await disable(given, 'early');
    const { status } = await until(async () => {
      const settled = await describeEnvironment(given, 'early');
      expect(settled?.status).not.toBe('UPDATING');
      return { status: settled?.status };
    });
    expect(status).toBe('VALID');
  });
});

test.concurrent('what is missing makes an environment INVALID, with a reason that names it', async (t) => {
  const given = await rig(t);
  const good = await someResources(given);
  const other = await createNetwork(given, '10.0.0.0/16');
  const userData = Buffer.from('#!/bin/sh\n').toString('base64');
  await given.ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'plain', LaunchTemplateData: { UserData: userData } }),
  );
  const cases: [Partial<ComputeResource>, RegExp][] = [
    [{ subnets: ['subnet-00000000000000000'] }, /The subnet ID 'subnet-00000000000000000' does not exist/],
    [{ securityGroupIds: ['sg-00000000000000000'] }, /The security group 'sg-00000000000000000' does not exist/],
    [{ securityGroupIds: [other.groupId] }, /belong to different networks/],
    [{ subnets: [...(good.subnets ?? []), other.subnetId] }, /same VPC/],
    [{ launchTemplate: { launchTemplateName: 'absent' } }, /template name absent.* does not exist/],
    [{ launchTemplate: { launchTemplateName: 'plain', version: '7' } }, /version 7, does not exist/],
    [{ launchTemplate: { launchTemplateName: 'plain' } }, /not MIME multipart/],
    [{ instanceTypes: ['m5.large', 'zz9.large'] }, /instance types do not exist: \[zz9\.large\]/],
    [{ imageId: 'ami-00000000' }, /The image id '\[ami-00000000\]' does not exist/],
    [{ ec2Configuration: [{ imageType: 'ECS_AL2', imageIdOverride: 'ami-1' }] }, /image id '\[ami-1\]'/],
    [{ instanceRole: 'absent' }, /Invalid IamInstanceProfile: absent/],
  ];
  for (const [index, [change, reason]] of cases.entries()) {
    await create(given, `bad-${index}`, { ...good, ...change });
    const found = await describeEnvironment(given, `bad-${index}`);
    expect(found).toMatchObject({ status: 'INVALID', statusReason: expect.stringMatching(reason) });
    expect(found?.statusReason).toMatch(/^CLIENT_ERROR - /);
  }
  const image = await anImage(given);
  const fine: Partial<ComputeResource>[] = [
    {},
    { instanceTypes: ['optimal'] },
    { instanceTypes: ['m5', 'c5.xlarge'] },
    { ec2Configuration: [{ imageType: 'ECS_AL2', imageIdOverride: image }] },
    { instanceRole: 'ecsInstanceRole' },
  ];
  for (const [index, change] of fine.entries()) {
    await create(given, `good-${index}`, { ...good, ...change });
    expect(await describeEnvironment(given, `good-${index}`)).toMatchObject({ status: 'VALID' });
  }
});

test.concurrent('parameters that contradict each other are refused at once', async (t) => {
  const given = await rig(t);
  const good = await someResources(given);
  const { instanceRole: _role, instanceTypes: _types, allocationStrategy: _strategy, ...noInstances } = good;
  const { minvCpus: _min, ...fargate } = { ...noInstances, type: 'FARGATE' as const };
  const bad: [string, ComputeResource][] = [
    ['-dash-first', good],
    ['x'.repeat(129), good],
    ['min', { ...good, minvCpus: 17 }],
    ['desired', { ...good, minvCpus: 2, desiredvCpus: 1 }],
    ['spot-strategy', { ...good, allocationStrategy: 'SPOT_CAPACITY_OPTIMIZED' }],
    ['spot-fleet', { ...good, type: 'SPOT', allocationStrategy: 'BEST_FIT' }],
    ['strategy', { ...good, allocationStrategy: 'NONSENSE' as 'BEST_FIT' }],
    ['fargate', { ...fargate, instanceTypes: ['m5.large'] }],
    ['role', { ...good, instanceRole: `arn:aws:iam::${given.account.id}:role/ecsInstanceRole` }],
    ['image-type', { ...good, ec2Configuration: [{ imageType: 'WINDOWS' }] }],
    ['twice', { ...good, ec2Configuration: [{ imageType: 'ECS_AL2' }, { imageType: 'ECS_AL2' }] }],
  ];
  for (const [name, resources] of bad) {
    expect(await refusal(create(given, name, resources)), name).toMatch(/^ClientException: Error executing request/);
  }
  const found = await given.batch.send(new DescribeComputeEnvironmentsCommand({}));
  expect(found.computeEnvironments).toEqual([]);

  await create(given, 'spot', { ...good, type: 'SPOT' });
  await create(given, 'fargate', fargate);
  expect(await refusal(create(given, 'fargate', fargate))).toBe('ClientException: Object already exists');
});

test.concurrent('with its own service role deleted first, an environment stays INVALID until the role is back', async (t) => {
  const given = await rig(t);
  const role = await createRole(given, 'batchService', 'batch.amazonaws.com');
  await create(given, 'trapped', await someResources(given), role);
  expect(await describeEnvironment(given, 'trapped')).toMatchObject({ status: 'VALID', serviceRole: role });
  await given.iam.send(new DeleteRoleCommand({ RoleName: 'batchService' }));

  expect(await describeEnvironment(given, 'trapped')).toMatchObject({
    status: 'INVALID',
    statusReason: expect.stringContaining(`not authorized to perform: sts:AssumeRole on resource: ${role}`),
  });
  await disable(given, 'trapped');
  await remove(given, 'trapped');
  expect(await describeEnvironment(given, 'trapped')).toMatchObject({ status: 'INVALID', state: 'DISABLED' });

  await createRole(given, 'batchService', 'batch.amazonaws.com');
  await remove(given, 'trapped');
  expect(await describeEnvironment(given, 'trapped')).toBeUndefined();
});

test.concurrent('with the instance role taken away a VALID environment turns INVALID, and can be deleted all the same', async (t) => {
  const given = await rig(t);
  await create(given, 'ce', await someResources(given));
  await given.iam.send(
    new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: 'ecsInstanceRole', RoleName: 'ecsInstanceRole' }),
  );
  expect(await describeEnvironment(given, 'ce')).toMatchObject({ status: 'INVALID' });
  await disable(given, 'ce');
  await remove(given, 'ce');
  expect(await describeEnvironment(given, 'ce')).toBeUndefined();
});

test.concurrent('an update is applied; replacing instances needs a strategy and a role that allow it', async (t) => {
  const given = await rig(t);
  const good = await someResources(given);
  const update = (name: string, computeResources: ComputeResourceUpdate) =>
    given.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: name, computeResources }));
  await create(given, 'ce', good);
  await create(given, 'best-fit', { ...good, allocationStrategy: 'BEST_FIT' });
  await given.account.scale(SLOW);

  await update('ce', { maxvCpus: 32 });
  expect(await describeEnvironment(given, 'ce')).toMatchObject({
    status: 'UPDATING',
    computeResources: { maxvCpus: 32, instanceTypes: ['m5.large'] },
  });
  await untilStatus(given, 'ce', 'VALID');
  await update('ce', { instanceTypes: ['c5.large'] });
  await untilStatus(given, 'ce', 'VALID');
  expect((await describeEnvironment(given, 'ce'))?.computeResources?.instanceTypes).toEqual(['c5.large']);

  expect(await refusal(update('best-fit', { instanceTypes: ['c5.large'] }))).toMatch(/service-linked role/);
  await update('best-fit', { maxvCpus: 8 });
  await untilStatus(given, 'best-fit', 'VALID');
  expect(await refusal(update('best-fit', { minvCpus: 9 }))).toMatch(/minvCpus must be less than/);
  expect(await refusal(update('absent', { maxvCpus: 8 }))).toMatch(/ClientException: .*absent does not exist/);
});

test.concurrent('workers follow minvCpus, and a caller cannot send them away', async (t) => {
  const given = await rig(t);
  await create(given, 'ce', await someResources(given));
  const update = (computeResources: object) =>
    given.batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: 'ce', computeResources }));
  const desired = async () => (await describeEnvironment(given, 'ce'))?.computeResources?.desiredvCpus;
  await update({ minvCpus: 4 });
  expect(await desired()).toBe(4);
  expect(await refusal(update({ minvCpus: 0, desiredvCpus: 1 }))).toMatch(/Manually scaling down/);
  await given.account.scale(SLOW);
  await update({ minvCpus: 0 });
  expect(await desired()).toBe(4);
  await until(async () => expect(await desired()).toBe(0));
});

test.concurrent('$Latest means the version of the moment of the update', async (t) => {
  const given = await rig(t);
  const UserData = Buffer.from('MIME-Version: 1.0\n').toString('base64');
  const template = { LaunchTemplateName: 'nodes', LaunchTemplateData: { UserData } };
  await given.ec2.send(new CreateLaunchTemplateCommand(template));
  const launchTemplate = { launchTemplateName: 'nodes', version: '$Latest' };
  await create(given, 'ce', { ...(await someResources(given)), launchTemplate });
  const version = async () =>
    (await given.account.inventory()).find(({ name }) => name === 'ce')?.details.launchTemplateVersion;
  expect(await version()).toBe(1);
  await given.ec2.send(new CreateLaunchTemplateVersionCommand(template));
  expect(await version()).toBe(1);
  await given.batch.send(
    new UpdateComputeEnvironmentCommand({ computeEnvironment: 'ce', computeResources: { launchTemplate } }),
  );
  expect(await version()).toBe(2);
  // A description has what was sent, and more.
  const shown = (await describeEnvironment(given, 'ce'))?.computeResources?.launchTemplate;
  expect(shown).toEqual({ ...launchTemplate, overrides: [], userdataType: 'EKS_BOOTSTRAP_SH' });
});

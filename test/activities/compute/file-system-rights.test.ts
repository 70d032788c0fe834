/** The published rights of the phases are enough for what the steps of file systems and logs do, whatever their guard. */
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { ownSecurityGroupActivities } from '#activities/ec2/own-security-group.ts';
import { efsActivities } from '#activities/efs/file-system.ts';
import { mountTargetActivities } from '#activities/efs/mount-target.ts';
import { efsRemovalActivities } from '#activities/efs/removal.ts';
import { lustreActivities } from '#activities/fsx/lustre.ts';
import { lustreRemovalActivities } from '#activities/fsx/removal.ts';
import { logGroupActivities } from '#activities/logs/log-group.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { type PolicyPhase, policyFor } from '#domain/compute/phase-policies.ts';
import { planCompute } from '#domain/compute/plan.ts';
import type { DataGuard, FileSystemPlace } from '#domain/resources/file-system.ts';
import { renderPolicy } from '#domain/resources/policy-document.ts';
import { activityRig, complete } from '../../control/rig.ts';
import { aCompute } from '../../domain/compute-input.ts';
import { createNetwork } from '../../sandbox/batch-rig.ts';
import { BY_OWNER } from './cases.ts';

const rigOf = async (t: TestContext, forge: object, dataGuard: DataGuard) => {
  const rig = await activityRig(t);
  const { account, ref, deps } = rig;
  const ec2 = new EC2Client(account.client);
  const { vpcId, subnetId } = await createNetwork({ account, ec2 } as Parameters<typeof createNetwork>[0]);
  const compute: ComputeInput = { ...aCompute({ forge, eyrie: { dataGuard } }), account: ref };
  const iam = new IAMClient(account.client);
  /** The activities of somebody who may do what the phase takes, and no more. */
  const as = async (phase: PolicyPhase) => {
    await iam.send(new CreateUserCommand({ UserName: phase }));
    for (const [index, document] of policyFor(phase, compute).entries()) {
      const PolicyDocument = renderPolicy(document);
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: `${phase}-${index}`, PolicyDocument }));
      await iam.send(new AttachUserPolicyCommand({ UserName: phase, PolicyArn: Policy?.Arn }));
    }
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: phase }));
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
    const limited = { ...deps, aws: deps.aws.as({ accessKeyId, secretAccessKey }) };
    return {
      ...logGroupActivities(limited),
      ...ownSecurityGroupActivities(limited),
      ...efsActivities(limited),
      ...mountTargetActivities(limited),
      ...efsRemovalActivities(limited),
      ...lustreActivities(limited),
      ...lustreRemovalActivities(limited),
    };
  };
  const place = (securityGroupId: string): FileSystemPlace => ({ subnetId, zone: 'us-east-1a', securityGroupId });
  const types = async () => (await account.inventory()).map(({ type }) => type);
  return { vpcId, place, plan: planCompute(compute, 'run-1'), as, types };
};

const confirmed = { confirmed: true };

test.for<DataGuard>(['delete', 'retain'])(
  'EFS is made with the rights of create, and removed (%s) with those of dispose',
  async (data, t) => {
    const { vpcId, place, plan, as, types } = await rigOf(t, { efsCreate: true }, data);
    if (!plan.efs) throw new Error('the plan has no EFS');
    const { fileSystem, securityGroup } = plan.efs;
    const create = await as('create');
    const { groupId } = await complete(create.ensureOwnSecurityGroup, securityGroup, vpcId);
    const { fileSystemId } = await complete(create.ensureEfs, fileSystem, place('').zone);
    await complete(create.awaitEfsAvailable, fileSystem, fileSystemId);
    await complete(create.ensureEfsSettings, fileSystem, fileSystemId);
    const target = await complete(create.ensureMountTarget, fileSystem, fileSystemId, place(groupId));
    await complete(create.awaitMountTargetAvailable, fileSystem, fileSystemId, target.mountTargetId);
    // A second run finds all as it is.
    await complete(create.ensureOwnSecurityGroup, securityGroup, vpcId);
    await complete(create.ensureEfs, fileSystem, place('').zone);
    await complete(create.ensureMountTarget, fileSystem, fileSystemId, place(groupId));

    const dispose = await as('dispose');
    const guard = { data, ...confirmed };
    const { kept } = await complete(dispose.releaseEfs, fileSystem, guard, BY_OWNER);
    expect(kept).toBe(data === 'retain');
    if (kept) await complete(dispose.releaseOwnSecurityGroup, securityGroup, BY_OWNER);
    await complete(dispose.deleteMountTargets, fileSystem, BY_OWNER);
    await complete(dispose.awaitMountTargetsGone, fileSystem, BY_OWNER);
    await complete(dispose.deleteEfs, fileSystem, guard, BY_OWNER);
    await complete(dispose.awaitEfsGone, fileSystem, BY_OWNER);
    await complete(dispose.deleteOwnSecurityGroup, securityGroup, BY_OWNER);
    expect((await types()).includes('AWS::EFS::FileSystem')).toBe(kept);
  },
);

test.for<DataGuard>(['delete', 'retain', 'snapshot'])(
  'Lustre is made with the rights of create, and removed (%s) with those of dispose',
  async (data, t) => {
    const { vpcId, place, plan, as, types } = await rigOf(t, { fsxSize: 1_200 }, data);
    if (!plan.lustre) throw new Error('the plan has no Lustre');
    const { fileSystem, securityGroup } = plan.lustre;
    const create = await as('create');
    const { groupId } = await complete(create.ensureOwnSecurityGroup, securityGroup, vpcId);
    const { fileSystemId } = await complete(create.ensureLustre, fileSystem, place(groupId));
    await complete(create.awaitLustreAvailable, fileSystem, fileSystemId);
    await complete(create.ensureLustre, fileSystem, place(groupId));

    const dispose = await as('dispose');
    const guard = { data, ...confirmed };
    const { kept, backup } = await complete(dispose.releaseLustre, fileSystem, guard, BY_OWNER);
    expect({ kept, backup }).toEqual({ kept: data === 'retain', backup: data === 'snapshot' });
    if (kept) await complete(dispose.releaseOwnSecurityGroup, securityGroup, BY_OWNER);
    if (backup) {
      await complete(dispose.retireLustre, fileSystem, guard, BY_OWNER);
      await complete(dispose.awaitLustreBackedUp, fileSystem, guard, BY_OWNER);
    }
    await complete(dispose.deleteLustre, fileSystem, guard, BY_OWNER);
    await complete(dispose.awaitLustreGone, fileSystem, BY_OWNER);
    await complete(dispose.deleteOwnSecurityGroup, securityGroup, BY_OWNER);
    expect((await types()).filter((type) => type.startsWith('AWS::FSx::'))).toEqual(
      { delete: [], retain: ['AWS::FSx::FileSystem'], snapshot: ['AWS::FSx::Backup'] }[data],
    );
  },
);

test('a log group is made and removed with the rights of the phases', async (t) => {
  const { plan, as, types } = await rigOf(t, {}, 'delete');
  const logGroup = plan['log-group'];
  if (!logGroup) throw new Error('the plan has no log group');
  const { ensureLogGroup } = await as('create');
  await complete(ensureLogGroup, { ...logGroup, retentionDays: 1 });
  await complete(ensureLogGroup, { ...logGroup, retentionDays: 7 });
  const { deleteLogGroup } = await as('dispose');
  await complete(deleteLogGroup, logGroup, BY_OWNER);
  expect(await types()).not.toContain('AWS::Logs::LogGroup');
});

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { complete } from '../../control/rig.ts';
import { resourceCases } from './cases.ts';
import { createWorld, type World } from './world.ts';

const NAME = 'data-example-org-nf-sg-fw-jane';
const DESCRIPTION = 'Security group for nextflow Squid';
const RULE = { IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, IpRanges: [{ CidrIp: '192.168.0.0/16' }] };

const seed = async ({ ec2 }: World, VpcId: string, tags: Tags = {}, Description = DESCRIPTION): Promise<string> => {
  const Tags = tagList(tags);
  const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'security-group' as const, Tags }] : undefined;
  const command = new CreateSecurityGroupCommand({ GroupName: NAME, Description, VpcId, TagSpecifications });
  return (await ec2.send(command)).GroupId ?? '';
};

resourceCases({
  type: 'AWS::EC2::SecurityGroup',
  operation: 'CreateSecurityGroup',
  deletion: 'DeleteSecurityGroup',
  prepare: async (world) => {
    const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
    return {
      ensure: (plan) => world.activities.ensureSecurityGroup(plan.squid.securityGroup, vpcId),
      remove: (plan, removal) =>
        world.activities.deleteSecurityGroup(plan.squid.securityGroup, plan.squid.vpc, removal),
      seed: (tags) => seed(world, vpcId, tags),
      destroy: async (GroupId) => void (await world.ec2.send(new DeleteSecurityGroupCommand({ GroupId }))),
    };
  },
  drifts: {
    'a lost ingress rule': ({ ec2 }, GroupId) =>
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [RULE] })),
    'an ingress rule too much': ({ ec2 }, GroupId) =>
      ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [{ ...RULE, FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        }),
      ),
    'closed egress': ({ ec2 }, GroupId) =>
      ec2.send(
        new RevokeSecurityGroupEgressCommand({
          GroupId,
          IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        }),
      ),
  },
  strangers: {
    'one of another description': async (world) => {
      const vpc = (await world.account.inventory()).find(({ type }) => type === 'AWS::EC2::VPC');
      await seed(world, vpc?.id ?? '', {}, 'something else');
    },
  },
});

test("the VPC's default group is found", async (t) => {
  const world = await createWorld(t);
  const { vpcId } = await complete(world.activities.ensureVpc, world.plan.network.vpc);
  const groupId = await complete(world.activities.findDefaultSecurityGroup, world.plan.network.vpc, vpcId);
  const group = (await world.account.inventory()).find(({ id }) => id === groupId);
  expect(group).toMatchObject({ name: 'default', details: { vpcId } });
});

import { AllocateAddressCommand, ReleaseAddressCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { codeOf } from '#domain/core/failures.ts';
import { type Tags, tagList } from '#domain/core/ownership.ts';
import { attempt } from '../../control/rig.ts';
import { resourceCases, tag } from './cases.ts';
import { createWorld, HOST, type World } from './world.ts';

const NAME = 'data-example-org-nf-nat-jane';

const seed = async ({ ec2 }: World, tags: Tags): Promise<string> => {
  const TagSpecifications = [{ ResourceType: 'elastic-ip' as const, Tags: tagList(tags) }];
  return (await ec2.send(new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications }))).AllocationId ?? '';
};

resourceCases({
  type: 'AWS::EC2::EIP',
  operation: 'AllocateAddress',
  deletion: 'ReleaseAddress',
  prepare: async (world) => ({
    ensure: (plan) => world.activities.ensureElasticIp(plan['nat-gateway'].address),
    remove: (plan, removal) => world.activities.releaseElasticIp(plan['nat-gateway'].address, removal),
    // Hatchery has none: one that somebody set aside for this workspace.
    seed: (tags = {}) => seed(world, { Name: NAME, Environment: HOST, ...tags }),
    async destroy(AllocationId) {
      await world.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    },
  }),
  drifts: {
    'its name': (world, id) => tag(world, id, { Name: 'changed' }),
  },
  strangers: {
    "somebody's address of the name": (world) => seed(world, { Name: NAME }),
    'two that were set aside': async (_, bound) => [await bound.seed(), await bound.seed()],
  },
});

test('an account without a free address is told so', async (t) => {
  const world = await createWorld(t);
  await world.account.quotas({ addresses: 0 });
  const error = await attempt(world.activities.ensureElasticIp, [world.plan['nat-gateway'].address]).catch(
    (e: unknown) => e,
  );
  expect(codeOf(error)).toBe('QuotaExceeded');
});

/**
 * The roles of a compute environment. Batch takes an environment apart as its service role: none of them goes before the
 * environments are proved gone.
 */
import type { InstanceRoleSpec } from '#domain/compute/specs.ts';
import type { RoleSpec } from '#domain/resources/identity.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { takeAway } from '../kernel/take-away.ts';

const ENVIRONMENTS = ['compute-environment-*'] as const;

const role = <const N extends string>(name: N, heldBy: readonly string[] = ENVIRONMENTS) =>
  defineStep({
    name,
    expectedMs: minutes(1),
    async make(spec: RoleSpec): Promise<{ arn: string }> {
      const { arn } = await mutate.ensureRole(spec, []);
      return { arn };
    },
    heldBy,
    async undo(spec: RoleSpec, removal) {
      await undo.deleteRole(spec, removal('ensureRole'));
    },
    remaining: (spec: RoleSpec) => [
      { type: 'AWS::IAM::Role', names: [spec.name], look: (by) => find.findRemainingRole(spec, by) },
    ],
  });

/** What Batch works as, where it is not its service-linked role. */
export const serviceRole = role('service-role');

/** What Spot instances are asked for with, where the strategy is BEST_FIT. */
export const fleetRole = role('fleet-role');

/** What pulls images, reads secrets and writes logs. */
export const executionRole = role('execution-role');

/** What head jobs run as that have no instance to lend them its role. */
export const headRole = role('head-role');

/** What all jobs run as where instances are shared. */
export const jobRole = role('job-role', [...ENVIRONMENTS, 'jobs-*']);

/** What instances work as, and jobs without a role of their own, in the profile by which EC2 hands it to them. */
export const instanceRole = defineStep({
  name: 'instance-role',
  expectedMs: minutes(2),
  async make({ role: spec, profile }: InstanceRoleSpec): Promise<{ roleArn: string; profileArn: string }> {
    const { arn: roleArn } = await mutate.ensureRole(spec, []);
    const { arn: profileArn } = await mutate.ensureOwnInstanceProfile(profile);
    await look.awaitOwnInstanceProfileUsable(profile);
    return { roleArn, profileArn };
  },
  heldBy: ENVIRONMENTS,
  async undo({ role: spec, profile }: InstanceRoleSpec, removal) {
    await takeAway(
      [() => undo.deleteOwnInstanceProfile(profile, removal('ensureOwnInstanceProfile'))],
      [() => undo.deleteRole(spec, removal('ensureRole'))],
    );
  },
  remaining: ({ role: spec, profile }: InstanceRoleSpec) => [
    { type: 'AWS::IAM::Role', names: [spec.name], look: (by) => find.findRemainingRole(spec, by) },
    {
      type: 'AWS::IAM::InstanceProfile',
      names: [profile.name],
      look: (by) => find.findRemainingOwnInstanceProfile(profile, by),
    },
  ],
});

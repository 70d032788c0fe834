import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { emptyRole } from '#activities/iam/role-parts.ts';
import { BY_LAUNCH, BY_WORKSPACE, complete } from '../../control/rig.ts';
import { computeRig } from './compute-rig.ts';

const PROFILE = { InstanceProfileName: 'ecsInstanceRole', RoleName: 'ecsInstanceRole' };

test('whole, with Batch’s own role or another one, nothing is broken', async (t) => {
  const rig = await computeRig(t);
  const { environment } = rig.specs;
  expect(await rig.observeEnvironmentRoles(environment, BY_WORKSPACE)).toEqual({ broken: false });
  await rig.make({ ...environment, name: 'linked' });
  await rig.make(environment, { serviceRoleArn: await rig.makeServiceRole() });
  await rig.makeFargate();
  for (const spec of [environment, { ...environment, name: 'linked' }, rig.specs.fargate]) {
    expect(await rig.observeEnvironmentRoles(spec, BY_WORKSPACE)).toEqual({ broken: false });
  }
});

test.for(['the service role', 'the role in the profile', 'the profile'] as const)(
  'without %s it is broken, whatever its status, but only for whom it is',
  async (what, t) => {
    const rig = await computeRig(t);
    const { environment: spec, serviceRole } = rig.specs;
    await rig.make(spec, { serviceRoleArn: await rig.makeServiceRole() });
    if (what === 'the service role') {
      await emptyRole(rig.deps.aws.iam(rig.ref), serviceRole.name);
      await rig.iam.send(new DeleteRoleCommand({ RoleName: serviceRole.name }));
    } else {
      await rig.iam.send(new RemoveRoleFromInstanceProfileCommand(PROFILE));
      if (what === 'the profile') await rig.iam.send(new DeleteInstanceProfileCommand(PROFILE));
    }
    expect(await rig.observeEnvironmentRoles(spec, BY_WORKSPACE)).toEqual({ broken: true });
    const others = { ...spec, owner: { ...spec.owner, id: 'localhost.other' } };
    expect(await rig.observeEnvironmentRoles(others, BY_WORKSPACE)).toEqual({ broken: false });
    const later = { ...spec, owner: { ...spec.owner, run: 'run-2' } };
    expect(await rig.observeEnvironmentRoles(later, BY_LAUNCH)).toEqual({ broken: false });
  },
);

test('a deletion that Batch gives up tells why, and is no end', async (t) => {
  const rig = await computeRig(t);
  const { environment: spec, serviceRole } = rig.specs;
  await rig.make(spec, { serviceRoleArn: await rig.makeServiceRole() });
  await complete(rig.disableComputeEnvironment, spec, BY_LAUNCH);
  await emptyRole(rig.deps.aws.iam(rig.ref), serviceRole.name);
  await rig.iam.send(new DeleteRoleCommand({ RoleName: serviceRole.name }));
  await complete(rig.deleteComputeEnvironment, spec, BY_LAUNCH);
  const ended = await complete(rig.awaitComputeEnvironmentDeletionEnded, spec, BY_LAUNCH);
  expect(ended).toMatchObject({ gone: false, reason: expect.stringContaining('sts:AssumeRole') });
  // The role is back: Batch looks again, and the same calls end it.
  await rig.makeServiceRole();
  await complete(rig.ensureComputeEnvironmentRevalidated, spec);
  await expect.poll(() => complete(rig.awaitComputeEnvironmentSettled, spec)).toEqual({ status: 'VALID' });
  await complete(rig.deleteComputeEnvironment, spec, BY_LAUNCH);
  expect(await complete(rig.awaitComputeEnvironmentDeletionEnded, spec, BY_LAUNCH)).toMatchObject({ gone: true });
});

import { expect, type TestContext, test } from 'vitest';
import { arboristAccessActivities } from '#activities/arborist/access.ts';
import { createArboristAdmin } from '#activities/arborist/client.ts';
import { storageAccess } from '#domain/storage/access.ts';
import { complete } from '../control/rig.ts';
import { startFakeArborist } from '../support/fake-arborist.ts';

const ROOT = '/services/workflow/gen3-workflow';

const rigOf = async (t: TestContext) => {
  const arborist = await startFakeArborist();
  t.onTestFinished(arborist.stop);
  const { ensureArboristAccess } = arboristAccessActivities({ arborist: createArboristAdmin(arborist.url) });
  const spec = storageAccess('42', 'jane@example.org');
  return { arborist, spec, ensure: (one = spec) => complete(ensureArboristAccess, one) };
};

test('a user is granted their tasks and storage; the second time nothing is written', async (t) => {
  const { arborist, ensure } = await rigOf(t);
  await ensure();
  expect([...arborist.resources]).toEqual(expect.arrayContaining([`${ROOT}/tasks/42`, `${ROOT}/storage/42`]));
  expect(arborist.roles.get('gen3_workflow_admin')?.permissions).toEqual([
    { id: 'gen3_workflow_admin_action', action: { service: 'gen3-workflow', method: '*' } },
  ]);
  expect(arborist.policies.get('gen3_workflow_user_sub_42')).toMatchObject({
    role_ids: ['gen3_workflow_admin'],
    resource_paths: [`${ROOT}/tasks/42`, `${ROOT}/storage/42`],
  });
  expect([...(arborist.users.get('jane@example.org') ?? [])]).toEqual(['gen3_workflow_user_sub_42']);
  const written = arborist.changes.length;
  await ensure();
  expect(arborist.changes).toHaveLength(written);
});

test('a policy and a role that differ are updated, and other grants stay', async (t) => {
  const { arborist, ensure } = await rigOf(t);
  arborist.users.set('jane@example.org', new Set(['other']));
  await ensure();
  arborist.policies.set('gen3_workflow_user_sub_42', {
    id: 'gen3_workflow_user_sub_42',
    role_ids: ['gen3_workflow_admin'],
    resource_paths: [`${ROOT}/tasks/42`],
  });
  arborist.roles.set('gen3_workflow_admin', { id: 'gen3_workflow_admin', permissions: [{ id: 'old' }] });
  arborist.changes.length = 0;
  await ensure();
  expect(arborist.changes).toEqual(['PUT /role/gen3_workflow_admin', 'PUT /policy/gen3_workflow_user_sub_42']);
  expect(arborist.policies.get('gen3_workflow_user_sub_42')?.resource_paths).toHaveLength(2);
  expect([...(arborist.users.get('jane@example.org') ?? [])].sort()).toEqual(['gen3_workflow_user_sub_42', 'other']);
});

test.for(['POST /resource', 'POST /role', 'POST /policy', 'POST /user', 'GET /policy'])(
  'an Arborist that fails at %s is asked again',
  async (call, t) => {
    const { arborist, ensure } = await rigOf(t);
    arborist.failures.push({ call, status: 503, times: 2 });
    await ensure();
    expect(arborist.failures[0]?.times).toBe(0);
    expect(arborist.users.get('jane@example.org')?.size).toBe(1);
  },
);

test('a refusal ends it, and says what was refused', async (t) => {
  const { arborist, ensure } = await rigOf(t);
  arborist.failures.push({ call: 'POST /policy', status: 400, times: 1 });
  await expect(ensure()).rejects.toMatchObject({ type: 'Invalid', message: 'Arborist answered POST /policy with 400' });
});

/**
 * A compute environment in an account that is entered by a role, with the published rights of such a role and no others:
 * what happens where the role can't be entered yet, is taken away, and comes back.
 */
import { CreatePolicyCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { aConfig, setUp } from '../bootstrap/rig.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { deleteRole } from '../support/roles-by-hand.ts';
import type { SandboxAccount } from '../support/sandbox.ts';
import { failureOf, TIMING } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  // For as long a fresh role may be refused.
  eyrie = await openEyrie({ timing: { ...TIMING, propagationMs: 10_000 } });
});
afterAll(async () => {
  await eyrie.close();
});

const NAME = 'eyrie-compute';
const roleIn = ({ id }: SandboxAccount): string => `arn:aws:iam::${id}:role/${NAME}`;

/** Entered by the root of the account itself, which stands for Eyrie's worker here. */
const makeRole = (account: SandboxAccount) => {
  const config = aConfig(account, {
    more: { compute: { accounts: [{ accountId: account.id, roleArn: roleIn(account) }] } },
  });
  return setUp(account, { part: 'compute-account', workerRole: `arn:aws:iam::${account.id}:root` }, config);
};

const worldOf = async (t: TestContext) => {
  const world = await computeTenant(t, eyrie);
  const { account } = world;
  await makeRole(account);
  const ref = { accountId: account.id, region: account.region, roleArn: roleIn(account), externalId: null };
  const before = (await account.inventory()).map(({ type, id }) => `${type} ${id}`);
  const compute = { ...world.compute, account: ref };
  return {
    ...{ account, record: world.record },
    compute,
    create: () => world.create({ compute }),
    update: (config: object) =>
      world.update({ ...compute, config: { ...compute.config, eyrie: { ...compute.config.eyrie, ...config } } }),
    dispose: () => world.dispose({ compute }),
    made: async () =>
      (await account.inventory()).map(({ type, id }) => `${type} ${id}`).filter((one) => !before.includes(one)),
  };
};

test('a role that can’t be entered yet is waited for, and its published rights are enough for all of a life', async (t) => {
  const { account, create, update, dispose, record, made } = await worldOf(t);
  await account.faults({ service: 'sts', operation: 'AssumeRole', times: 4, fault: 'denied' });
  await (await create()).result();
  expect((await account.faultStates()).every(({ hits }) => hits === 4)).toBe(true);
  expect(await record()).toMatchObject({ phase: 'available' });
  await (await update({ logRetentionDays: 30 })).result();
  await (await dispose()).result();
  expect(await made()).toEqual([]);
  const refused = (await account.journal()).filter(
    ({ errorCode, fault }) => fault === null && /AccessDenied|Unauthorized/.test(errorCode ?? ''),
  );
  expect(refused.map(({ service, operation, resource }) => `${service}:${operation} ${resource}`)).toEqual([]);
});

test('one that can never be entered is told by its name, and nothing was made', async (t) => {
  const { account, create, record, made } = await worldOf(t);
  await account.faults({ service: 'sts', operation: 'AssumeRole', times: -1, fault: 'denied' });
  const failure = await failureOf(await create());
  expect(failure).toMatchObject({ type: 'Denied', message: expect.stringContaining('sts:AssumeRole') });
  expect(await record()).toMatchObject({ phase: 'failed-clean', error: { code: 'Denied' } });
  expect(await made()).toEqual([]);
});

test('while its role is gone an update is refused and a removal lists what is left; both go on when it is back', async (t) => {
  const { account, create, update, dispose, record, made } = await worldOf(t);
  await (await create()).result();
  await deleteRole(account, NAME);
  const refused = await failureOf(await update({ logRetentionDays: 30 }));
  expect(['Denied', 'CompensationIncomplete']).toContain(refused.type);
  expect(await record()).toMatchObject({ error: { code: 'Denied' } });
  await makeRole(account);
  await (await update({ logRetentionDays: 30 })).result();
  expect(await record()).toMatchObject({ phase: 'available', error: null, leftovers: [] });

  await deleteRole(account, NAME);
  const stuck = await failureOf(await dispose());
  expect(stuck.type).toBe('CompensationIncomplete');
  const left = await record();
  expect(left).toMatchObject({ phase: 'failed-dirty', remedy: 'terminate' });
  expect(left?.leftovers.length).toBeGreaterThan(0);
  await makeRole(account);
  await (await dispose()).result();
  expect(await record()).toMatchObject({ phase: 'deleted', leftovers: [] });
  expect(await made()).toEqual([]);
});

test('a boundary of its roles that is left out is taken off, and put on again where that update fails', async (t) => {
  const { account, create, update, dispose } = await worldOf(t);
  const iam = new IAMClient(account.client);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument }));
  const bounded = async () => {
    const roles = (await account.inventory()).filter(
      ({ type, name }) => type === 'AWS::IAM::Role' && name?.startsWith('TowerForge-'),
    );
    const all = await Promise.all(roles.map(({ name }) => iam.send(new GetRoleCommand({ RoleName: name ?? '' }))));
    return all.map(({ Role }) => Role?.PermissionsBoundary?.PermissionsBoundaryArn);
  };
  await (await create()).result();
  const without = await bounded();
  expect(without.length).toBeGreaterThan(1);
  expect(without).toEqual(without.map(() => undefined));
  await (await update({ permissionsBoundary: Policy?.Arn })).result();
  expect(await bounded()).toEqual(without.map(() => Policy?.Arn));
  await account.faults({ service: 'logs', operation: 'PutRetentionPolicy', times: 1, fault: 'denied' });
  expect(await failureOf(await update({ permissionsBoundary: null, logRetentionDays: 3 }))).toMatchObject({
    type: 'Denied',
  });
  expect(await bounded()).toEqual(without.map(() => Policy?.Arn));
  await (await update({ permissionsBoundary: null })).result();
  expect(await bounded()).toEqual(without);
  await (await dispose()).result();
});

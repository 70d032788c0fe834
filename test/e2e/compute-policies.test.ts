/** The policies that are generated for the phases of a compute environment, each of them alone, in the hands of a role. */
import { AttachRolePolicyCommand, CreatePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { type PolicyPhase, policyFor } from '#domain/compute/phase-policies.ts';
import { factsOf } from '#domain/core/failures.ts';
import { type PolicyDocument, renderPolicy } from '#domain/resources/policy-document.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { detachPolicies } from '../support/roles-by-hand.ts';
import { failureOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

const NAME = 'limited';

const worldOf = async (t: TestContext) => {
  const world = await computeTenant(t, eyrie);
  const { account } = world;
  const iam = new IAMClient(account.client);
  const roleArn = `arn:aws:iam::${account.id}:role/${NAME}`;
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account.id}:root` }, Action: 'sts:AssumeRole' }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: NAME, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const ref = { accountId: account.id, region: account.region, roleArn, externalId: null };
  const compute = { ...world.compute, account: ref };
  const made = new Map<string, string>();
  /** These and no others. */
  const grant = async (documents: readonly PolicyDocument[]): Promise<void> => {
    await detachPolicies(iam, NAME);
    for (const PolicyDocument of documents.map(renderPolicy)) {
      const known = made.get(PolicyDocument);
      const PolicyName = `limited-${made.size}`;
      const arn = known ?? (await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }))).Policy?.Arn ?? '';
      made.set(PolicyDocument, arn);
      await iam.send(new AttachRolePolicyCommand({ RoleName: NAME, PolicyArn: arn }));
    }
  };
  const policies = (phase: PolicyPhase) => policyFor(phase, compute);
  const things = async () =>
    (await world.made()).filter(({ type, name }) => type !== 'AWS::IAM::ManagedPolicy' && name !== NAME);
  return {
    ...{ account, grant, policies, things, record: world.record },
    create: () => world.create({ compute }),
    dispose: () => world.dispose({ compute }),
    /** Refused, but for being asked what it may. */
    refused: async () =>
      (await account.journal())
        .filter(({ errorCode }) => /AccessDenied|Unauthorized/.test(errorCode ?? ''))
        .map(({ service, operation }) => `${service}:${operation}`)
        .filter((call) => call !== 'iam:SimulatePrincipalPolicy' && call !== 'iam:GetRole'),
    asks: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'], Resource: roleArn }],
    } satisfies PolicyDocument,
  };
};

const without = (documents: readonly PolicyDocument[], action: string): PolicyDocument[] =>
  documents.map((document) => ({
    ...document,
    // What stays is as it was: the documents are as large as IAM takes.
    Statement: document.Statement.map(({ Action, ...statement }) => ({
      ...statement,
      Action: Array.isArray(Action) ? Action.filter((one) => one !== action) : Action,
    })).filter(({ Action }) => Action.length > 0 && Action !== action),
  }));

test('one that may only create creates, and one that may only dispose disposes', async (t) => {
  const { grant, policies, create, dispose, record, refused, things } = await worldOf(t);
  await grant(policies('create'));
  await (await create()).result();
  expect(await record()).toMatchObject({ phase: 'available' });
  await grant(policies('dispose'));
  await (await dispose()).result();
  expect(await record()).toMatchObject({ phase: 'deleted', leftovers: [] });
  expect(await things()).toEqual([]);
  expect(await refused()).toEqual([]);
});

test('a right that is missing is named before anything is made', async (t) => {
  const { account, grant, policies, create, asks, record, things } = await worldOf(t);
  const all = policies('create');
  const actions = [...new Set(all.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)))]
    .filter((action) => action !== 'iam:GetRole')
    .toSorted();
  expect(actions.length).toBeGreaterThan(30);
  // Each would take a minute; a twelfth stands for all.
  for (const action of actions.filter((_, index) => index % 12 === 0)) {
    await grant([...without(all, action), asks]);
    const failure = await failureOf(await create());
    expect(failure.type, action).toBe('Denied');
    const told = (factsOf(failure).problems ?? []).map(({ detail }) => detail).join('\n');
    // What preflight itself needs is refused by AWS, in its own words.
    expect(`${told}\n${failure.message}`.toLowerCase(), action).toContain((action.split(':')[1] ?? '').toLowerCase());
    expect(await record(), action).toMatchObject({ phase: 'failed-clean' });
  }
  expect(await things()).toEqual([]);
  const changes = (await account.journal()).filter(
    ({ service, mutating, accessKeyId }) => mutating && service !== 'sts' && accessKeyId?.startsWith('ASIA'),
  );
  expect(changes.map(({ service, operation }) => `${service}:${operation}`)).toEqual([]);
});

test('where it may not be asked what it may, the want of a right shows at its step, and all is taken back', async (t) => {
  const { grant, policies, create, record, things } = await worldOf(t);
  await grant([...without(policies('create'), 'batch:CreateJobQueue'), ...policies('dispose')]);
  const failure = await failureOf(await create());
  expect(failure).toMatchObject({ type: 'Denied', message: expect.stringContaining('CreateJobQueue') });
  expect(await record()).toMatchObject({ phase: 'failed-clean', leftovers: [] });
  expect(await things()).toEqual([]);
});

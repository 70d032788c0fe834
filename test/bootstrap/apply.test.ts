import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketVersioningCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { publishedRole } from '#bootstrap/documents.ts';
import { valuesOf } from '#bootstrap/values.ts';
import { checkPayModel } from '#doctor/pay-models.ts';
import { questionsOf } from '#doctor/published-rights.ts';
import { codeOf } from '#domain/core/failures.ts';
import type { SandboxAccount } from '../support/sandbox.ts';
import { aConfig, anAccount, H, setUp } from './rig.ts';

const WORKER = `eyrie-worker-${H}`;
const API = `eyrie-api-${H}`;

const changesIn = async (account: SandboxAccount, after = 0) =>
  (await account.journal(after)).filter(({ mutating }) => mutating);

const seen = async (account: SandboxAccount) => (await account.journal()).at(-1)?.seq ?? 0;

const trusting = (principal: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
  });

test('an account that has nothing gets roles, policies and bucket; a second time nothing is written', async (t) => {
  const account = await anAccount(t);
  const first = await setUp(account);
  expect(first.map(({ outcome }) => outcome)).toEqual(first.map(() => 'made'));
  expect(first.filter(({ type }) => type !== 'AWS::IAM::ManagedPolicy').map(({ name }) => name)).toEqual([
    ...[WORKER, API],
    `eyrie-control-${account.id}`,
  ]);
  const before = await account.inventory();
  const at = await seen(account);
  const second = await setUp(account);
  expect(second.map(({ outcome }) => outcome)).toEqual(first.map(() => 'unchanged'));
  expect(await changesIn(account, at)).toEqual([]);
  expect(await account.inventory()).toEqual(before);
});

test('what was changed by hand is put right, and what others have added stays', async (t) => {
  const account = await anAccount(t);
  await setUp(account);
  const clean = await account.inventory();
  const [iam, s3] = [new IAMClient(account.client), new S3Client(account.client)];
  const policy = (document: string) => `arn:aws:iam::${account.id}:policy/${WORKER}-${document}`;
  const Bucket = `eyrie-control-${account.id}`;
  await iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: API,
      PolicyDocument: trusting(`arn:aws:iam::${account.id}:role/${WORKER}`),
    }),
  );
  await iam.send(new DetachRolePolicyCommand({ RoleName: WORKER, PolicyArn: policy('sweep') }));
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn: policy('user-storage'), PolicyDocument, SetAsDefault: true }),
  );
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const added = 'arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole';
  await iam.send(new AttachRolePolicyCommand({ RoleName: API, PolicyArn: added }));

  const changed = (await setUp(account)).filter(({ outcome }) => outcome !== 'unchanged');
  expect(changed.map(({ name, outcome, calls }) => [name, outcome, [...calls].sort()])).toEqual([
    [`${WORKER}-user-storage`, 'changed', ['CreatePolicyVersion']],
    [WORKER, 'changed', ['AttachRolePolicy']],
    [API, 'changed', ['UpdateAssumeRolePolicy']],
    [
      Bucket,
      'changed',
      [...['PutBucketLifecycleConfiguration', 'PutBucketPolicy', 'PutBucketVersioning', 'PutPublicAccessBlock']],
    ],
  ]);
  // Versions that were kept once can only be suspended.
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Suspended');
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: API }));
  expect(AttachedPolicies.map(({ PolicyArn }) => PolicyArn)).toContain(added);
  await iam.send(new DetachRolePolicyCommand({ RoleName: API, PolicyArn: added }));
  const roles = (items: typeof clean) => items.filter(({ type }) => type === 'AWS::IAM::Role');
  expect(roles(await account.inventory())).toEqual(roles(clean));
  expect((await setUp(account)).every(({ outcome }) => outcome === 'unchanged')).toBe(true);
});

test('a document that is published no more is detached; without a word about trust, trust stays', async (t) => {
  const account = await anAccount(t);
  await setUp(account);
  const iam = new IAMClient(account.client);
  const PolicyArn = `arn:aws:iam::${account.id}:policy/${API}-of-old`;
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
  });
  await iam.send(new CreatePolicyCommand({ PolicyName: `${API}-of-old`, PolicyDocument }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: API, PolicyArn }));
  const trustNow = async () => (await iam.send(new GetRoleCommand({ RoleName: API }))).Role?.AssumeRolePolicyDocument;
  const before = await trustNow();
  const changed = (await setUp(account, { trusted: [] })).filter(({ outcome }) => outcome !== 'unchanged');
  expect(changed).toMatchObject([{ name: API, calls: ['DetachRolePolicy'] }]);
  expect(await trustNow()).toBe(before);
});

test('no role is made that nobody may enter', async (t) => {
  const account = await anAccount(t);
  await expect(setUp(account, { trusted: [] })).rejects.toThrow('--trust');
  expect(await changesIn(account)).toEqual([]);
});

describe('nothing is taken over, or written, that is not this environment’s:', () => {
  const refused = async (account: SandboxAccount, named: string): Promise<void> => {
    const at = await seen(account);
    const error: unknown = await setUp(account).catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe('Conflict');
    expect((error as Error).message).toContain(named);
    const written = (await changesIn(account, at)).filter(({ resource }) => resource?.includes(named));
    expect(written.filter(({ errorCode }) => errorCode === null)).toEqual([]);
  };

  test.each([
    ['no tag', []],
    ["another environment's tag", [{ Key: 'eyrie:environment', Value: 'other-example-org' }]],
  ])('a role with %s', async (_, Tags) => {
    const account = await anAccount();
    const AssumeRolePolicyDocument = trusting(`arn:aws:iam::${account.id}:root`);
    await new IAMClient(account.client).send(new CreateRoleCommand({ RoleName: API, AssumeRolePolicyDocument, Tags }));
    await refused(account, API);
  });

  test('a bucket with something in it, and no tag', async (t) => {
    const account = await anAccount(t);
    const s3 = new S3Client(account.client);
    const Bucket = `eyrie-control-${account.id}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'somebody/else', Body: 'x' }));
    await refused(account, Bucket);
  });

  test("another account's bucket", async (t) => {
    const [account, other] = [await anAccount(t), await anAccount(t)];
    const s3 = new S3Client(other.client);
    await s3.send(new CreateBucketCommand({ Bucket: `eyrie-control-${account.id}` }));
    await refused(account, `eyrie-control-${account.id}`);
  });
});

describe('whatever fails,', () => {
  /** Policies are alike: the first and the last call of each operation stand for all. */
  const callsOf = async (account: SandboxAccount) => {
    const calls = (await changesIn(account)).map(({ service, operation }) => ({ service, operation }));
    const nths = Map.groupBy(calls, ({ service, operation }) => `${service}:${operation}`);
    return [...nths].flatMap(([, all]) =>
      [...new Set([0, all.length - 1])].map((skip) => ({ ...(all[0] as (typeof all)[number]), skip })),
    );
  };

  test('running it again completes it, with what a clean run makes', async (t) => {
    const clean = await anAccount(t);
    await setUp(clean);
    const made = comparable(await clean.inventory(), clean.id);
    const calls = await callsOf(clean);
    expect(calls.length).toBeGreaterThan(8);
    for (const call of calls) {
      const account = await anAccount(t);
      await account.faults({ ...call, times: 1, fault: 'denied' });
      const error: unknown = await setUp(account).catch((thrown: unknown) => thrown);
      expect(error, `${call.operation}#${call.skip}`).toBeInstanceOf(Error);
      await account.clearFaults();
      await setUp(account);
      expect(comparable(await account.inventory(), account.id), `${call.operation}#${call.skip}`).toEqual(made);
    }
  });

  test('an answer that is lost, and a throttle, are got over at once', async (t) => {
    const clean = await anAccount(t);
    await setUp(clean);
    const made = comparable(await clean.inventory(), clean.id);
    const account = await anAccount(t);
    const calls = await callsOf(clean);
    await account.faults(
      ...calls.map((call, nth) => ({
        ...{ service: call.service, operation: call.operation, skip: nth % 2, times: 1 },
        fault: nth % 3 === 0 ? ('throttle' as const) : ('lost-answer' as const),
      })),
    );
    await setUp(account);
    expect(comparable(await account.inventory(), account.id)).toEqual(made);
  });
});

const comparable = (items: Awaited<ReturnType<SandboxAccount['inventory']>>, id: string): unknown =>
  JSON.parse(
    JSON.stringify(items)
      .replaceAll(id, '<account>')
      .replaceAll(/AR[A-Z]{2}[A-Z0-9]{16,}|ANPA\w+/g, '<id>'),
  );

describe('the other parts', () => {
  test("a pay model's role trusts the worker, with the external id where there is one", async (t) => {
    const [home, account] = [await anAccount(t), await anAccount(t)];
    await setUp(home);
    const aws = { accountId: home.id, externalId: 'shared-secret', payModelRoleName: 'ours/csoc_adminvm' };
    const applied = await setUp(account, { part: 'pay-model' }, aConfig(account, { aws }));
    expect(applied.length).toBe(publishedRole('payModel').policies.length + 1);
    const { Role } = await new IAMClient(account.client).send(new GetRoleCommand({ RoleName: 'csoc_adminvm' }));
    expect(Role?.Path).toBe('/ours/');
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toMatchObject({
      Statement: [
        {
          Principal: { AWS: `arn:aws:iam::${home.id}:role/${WORKER}` },
          Condition: { StringEquals: { 'sts:ExternalId': 'shared-secret' } },
        },
      ],
    });
  });

  test('a role for a pay model has every right that doctor asks it about, and tells so itself', async (t) => {
    const [home, account] = [await anAccount(t), await anAccount(t)];
    await setUp(home);
    const config = aConfig(account, { aws: { accountId: home.id } });
    await setUp(account, { part: 'pay-model' }, config);
    const RoleArn = `arn:aws:iam::${home.id}:role/${WORKER}`;
    const { Credentials: worker } = await new STSClient(home.client).send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }),
    );
    const credentials = async () => ({
      accessKeyId: worker?.AccessKeyId ?? '',
      secretAccessKey: worker?.SecretAccessKey ?? '',
      sessionToken: worker?.SessionToken ?? '',
    });
    const findings = await checkPayModel(
      createAws({ endpoint: account.endpoint, credentials }),
      {
        ...{ accountId: account.id, region: account.region, externalId: null },
        roleArn: `arn:aws:iam::${account.id}:role/csoc_adminvm`,
      },
      questionsOf('payModel', valuesOf(config, account.id)),
    );
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(findings.map(({ check }) => check)).toContain(`own-rights in ${account.id}`);
  });

  test('a role for compute environments is made in an account that is listed, and nowhere else', async (t) => {
    const [home, account] = [await anAccount(t), await anAccount(t)];
    await setUp(home);
    const roleArn = `arn:aws:iam::${account.id}:role/eyrie-compute`;
    const config = aConfig(account, {
      aws: { accountId: home.id },
      more: { compute: { accounts: [{ accountId: account.id, roleArn }] } },
    });
    const applied = await setUp(account, { part: 'compute-account' }, config);
    expect(applied.at(-1)).toMatchObject({ name: 'eyrie-compute', outcome: 'made' });
    const other = await anAccount(t);
    await expect(setUp(other, { part: 'compute-account' }, config)).rejects.toThrow(
      `compute.accounts does not list account ${other.id}`,
    );
  });
});

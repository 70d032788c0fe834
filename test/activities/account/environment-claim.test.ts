/** Whose an environment's name is in an account: the first installation's that asks, until another one takes it over. */
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { environmentClaimActivities } from '#activities/account/environment-claim.ts';
import { createControl } from '#control/control.ts';
import { installationMarkKey } from '#control/keys.ts';
import { type ClaimDeps, checkClaims } from '#doctor/claims.ts';
import { codeOf } from '#domain/core/failures.ts';
import { aSealingKey, awsOf, refOf, TIMING } from '../../control/rig.ts';
import { type SandboxAccount, sandboxAccount } from '../../support/sandbox.ts';

const ENVIRONMENT = 'commons-example-org';

/** An installation that works in the account, and whose control bucket is somewhere else. */
const anInstallation = async (
  account: SandboxAccount,
  environment = ENVIRONMENT,
  credentials: SandboxAccount['credentials'] = account.credentials,
) => {
  const home = await sandboxAccount();
  const Bucket = `control-${home.id}`;
  const s3 = new S3Client(home.client);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const control = createControl({
    s3: awsOf(home).s3(refOf(home)),
    bucket: Bucket,
    sealingKeys: [aSealingKey('k')],
  });
  const spec = { account: refOf(account), owner: { environment } };
  const deps = { aws: awsOf({ ...account, credentials }), control, timing: TIMING };
  const Key = installationMarkKey(environment);
  const doctor: ClaimDeps = { ...deps, environment, controlBucket: Bucket, accounts: [refOf(account)] };
  return {
    control,
    controlBucket: Bucket,
    markText: async () => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '',
    putMark: (Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    claim: () => environmentClaimActivities(deps).claimEnvironment(spec),
    doctor: () => checkClaims(doctor),
    takeOver: () => checkClaims({ ...doctor, takesOver: true }),
  };
};

const codeOfClaim = (claim: () => Promise<void>) => claim().then(() => 'ours' as const, codeOf);

test('one of many that claim a name at once has it, and hears so again; every other one is refused', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const account = await sandboxAccount(t);
    const rivals = await Promise.all(Array.from({ length: 4 }, () => anInstallation(account)));
    await Promise.all(rivals.flatMap(({ claim }) => [claim, claim]).map(codeOfClaim));
    const settled = await Promise.all(rivals.map(({ claim }) => codeOfClaim(claim)));
    expect(settled.toSorted()).toEqual(['Conflict', 'Conflict', 'Conflict', 'ours']);
  }
});

test('whoever is refused hears who has the name, and doctor says the same; another environment is nobody’s business', async (t) => {
  const account = await sandboxAccount(t);
  const [first, second] = [await anInstallation(account), await anInstallation(account)];
  expect(await first.doctor()).toMatchObject([{ verdict: 'ok', detail: expect.stringContaining("nobody's yet") }]);
  await first.claim();
  expect(await first.doctor()).toMatchObject([
    { verdict: 'ok', detail: expect.stringContaining("is this installation's") },
  ]);
  await expect(second.claim()).rejects.toThrow(
    new RegExp(`${ENVIRONMENT} in account ${account.id}.*control bucket ${first.controlBucket}.*--take-over`),
  );
  expect(await second.doctor()).toMatchObject([
    { verdict: 'problem', detail: expect.stringContaining(first.controlBucket) },
  ]);
  const other = await anInstallation(account, 'other-example-org');
  await other.claim();
});

test('taken over, the name is the new one’s, and the former one is refused', async (t) => {
  const account = await sandboxAccount(t);
  const [first, second] = [await anInstallation(account), await anInstallation(account)];
  await first.claim();
  expect(await second.takeOver()).toMatchObject([
    { verdict: 'ok', detail: expect.stringContaining(`it was that of ${first.controlBucket}`) },
  ]);
  await second.claim();
  expect(await codeOfClaim(first.claim)).toBe('Conflict');
  expect(await second.takeOver()).toMatchObject([{ verdict: 'ok', detail: expect.not.stringContaining('it was') }]);
});

test('a control bucket that is made anew, or copied, is another installation', async (t) => {
  const account = await sandboxAccount(t);
  const first = await anInstallation(account);
  const copy = await anInstallation(account);
  await first.claim();
  const mark = await first.markText();
  await copy.putMark(mark);
  await expect(copy.claim()).rejects.toThrow(`of which ${copy.controlBucket} is a copy`);

  await first.putMark(JSON.stringify({ mark: 'another', at: '' }));
  await expect(first.claim()).rejects.toThrow('whose records are not in this one');
  // Control: with its mark restored it goes on as ever.
  await first.putMark(mark);
  await first.claim();
});

test('of many that ask at once, all hear the same mark', async () => {
  const { control } = await anInstallation(await sandboxAccount());
  const marks = await Promise.all(Array.from({ length: 8 }, () => control.installation.ensure(ENVIRONMENT)));
  expect(new Set(marks.map(({ mark }) => mark)).size).toBe(1);
});

test.each(['ssm:GetParameter', 'ssm:PutParameter'])(
  'without the right to %s nothing is claimed, and it is named',
  async (right) => {
    const account = await sandboxAccount();
    const iam = new IAMClient(account.client);
    const [UserName, PolicyName] = ['worker', 'rights'];
    await iam.send(new CreateUserCommand({ UserName }));
    const rightsAre = async (...actions: readonly string[]) => {
      const statement = actions.map((Action) => ({ Effect: 'Allow', Action, Resource: '*' }));
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
    };
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };
    const { claim } = await anInstallation(account, ENVIRONMENT, credentials);

    await rightsAre(...['ssm:GetParameter', 'ssm:PutParameter'].filter((one) => one !== right));
    await expect(claim()).rejects.toMatchObject({ type: 'Denied', message: expect.stringContaining(right) });
    await rightsAre('ssm:GetParameter', 'ssm:PutParameter');
    await claim();
  },
);

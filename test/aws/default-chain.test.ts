import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test, vi } from 'vitest';
import { createOwnAws } from '#aws/own.ts';
import { sandboxAccount } from '../support/sandbox.ts';

/** A shared credentials file, which is all that the chain finds. */
const sharedFile = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'chain-'));
  const file = join(folder, 'credentials');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
  t.onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return file;
};

test('keys that were taken away are told as Eyrie’s own, and those that replace them in the file are taken up', async (t) => {
  const file = sharedFile(t);
  const account = await sandboxAccount(t);
  const iam = new IAMClient(account.client);
  const UserName = 'eyrie';
  await iam.send(new CreateUserCommand({ UserName }));
  const Statement = [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'network', PolicyDocument }));
  const giveKey = async () => {
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId, SecretAccessKey } = AccessKey ?? {};
    writeFileSync(file, `[default]\naws_access_key_id=${AccessKeyId}\naws_secret_access_key=${SecretAccessKey}\n`);
    return AccessKeyId;
  };
  const aws = createOwnAws({ region: account.region, endpoint: account.endpoint });
  const ref = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const look = () => aws.ec2(ref).send(new DescribeVpcsCommand({}));

  const first = await giveKey();
  await look();
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: first }));
  const refused = { type: 'Denied', message: expect.stringContaining("asked with Eyrie's own credentials") };
  await expect(look()).rejects.toMatchObject(refused);
  await giveKey();
  await look();
});

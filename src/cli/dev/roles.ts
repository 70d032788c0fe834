/**
 * The roles that the documentation publishes (docs/reference/iam), made in the account: worker and API run under them, so
 * that a right that is missing there fails here first.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { publishedRole, type Role, renderDocument, type Values } from '#bootstrap/documents.ts';
import { NAME_PREFIX_DEFAULT } from '#domain/compute/names.ts';
import { renderPolicy } from '#domain/resources/policy-document.ts';

export interface RoleParts {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly root: Credentials;
  /** H */
  readonly environment: string;
  readonly controlBucket: string;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RoleAccess {
  readonly credentials: Credentials;
  readonly workerRoleArn: string;
  readonly apiRoleArn: string;
}

const USER = 'eyrie';
/** As `aws.payModelRoleName` is by default. */
const PAY_MODEL_ROLE = 'csoc_adminvm';
/** IAM takes some seconds to show to STS what was made; at life-like scale up to a minute. */
const USABLE_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

export const makeRoles = async (parts: RoleParts): Promise<RoleAccess> => {
  const { endpoint, region, root } = parts;
  const iam = new IAMClient({ endpoint, region, credentials: { ...root } });
  const { User } = await iam.send(new CreateUserCommand({ UserName: USER }));
  const trust = statement({ Principal: { AWS: User?.Arn }, Action: 'sts:AssumeRole' });
  const [workerRoleArn, apiRoleArn] = await Promise.all([
    makeRole(iam, 'worker', 'eyrie-worker', trust, parts),
    makeRole(iam, 'api', 'eyrie-api', trust, parts),
  ]);
  // The account pays by a pay model too, so that what Hatchery sends can be tried.
  const payModelTrust = rendered(publishedRole('payModel').trust, parts, { workerRoleArn, externalId: [] });
  await makeRole(iam, 'payModel', PAY_MODEL_ROLE, payModelTrust, parts);
  await iam.send(
    new PutUserPolicyCommand({
      UserName: USER,
      PolicyName: 'enter-roles',
      PolicyDocument: statement({ Action: 'sts:AssumeRole', Resource: [workerRoleArn, apiRoleArn] }),
    }),
  );
  await iam.send(
    new PutUserPolicyCommand({
      UserName: USER,
      PolicyName: 'doctor',
      PolicyDocument: rendered('doctor', parts, { workerRoleArn }),
    }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: USER }));
  const credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  const sts = new STSClient({ endpoint, region, credentials: { ...credentials }, maxAttempts: 1 });
  await Promise.all([awaitUsable(sts, workerRoleArn), awaitUsable(sts, apiRoleArn)]);
  return { credentials, workerRoleArn, apiRoleArn };
};

const makeRole = async (
  iam: IAMClient,
  role: Role,
  RoleName: string,
  trust: string,
  parts: RoleParts,
): Promise<string> => {
  const { Role: made } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
  for (const document of publishedRole(role).policies) {
    const PolicyDocument = rendered(document, parts);
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: `${RoleName}-${document}`, PolicyDocument }),
    );
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn ?? '' }));
  }
  return made?.Arn ?? '';
};

const statement = (parts: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...parts }] });

/** Which role reads image pipelines is each launch's business here, as is that of another account; its trust decides. */
const rendered = (
  document: string,
  { accountId, region, environment, controlBucket }: RoleParts,
  more: Values = {},
): string => {
  const text = renderPolicy(
    renderDocument(document, {
      partition: 'aws',
      ...{ accountId, region, environment, controlBucket },
      computePrefix: NAME_PREFIX_DEFAULT,
      payModelRoleName: PAY_MODEL_ROLE,
      imageReaderRoleArn: 'arn:aws:iam::*:role/*',
      computeAccountRoleArns: [],
      ...more,
    }),
  );
  const left = /\{\{\w+\}\}/.exec(text);
  if (left) throw new Error(`an IAM document has a placeholder that nothing fills in: ${left[0]}`);
  return text;
};

const awaitUsable = async (sts: STSClient, RoleArn: string): Promise<void> => {
  const until = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'eyrie-dev' }));
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await delay(LOOK_EVERY_MS);
    }
  }
};

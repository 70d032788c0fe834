/** The AWS account: who this is, the control bucket, and what Batch needs to be there. */
import { GetRoleCommand } from '@aws-sdk/client-iam';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import type { Config } from '#config/schema.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf } from '#domain/core/failures.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';
import { ALLOW_LOOKING } from './rights.ts';

const { ok, warning, problem, unknown } = sayingOf('aws');

export interface Caller {
  readonly accountId: string;
  readonly arn: string;
}

/** Null where AWS does not say: nothing else can be looked at. */
export const identify = async (
  aws: Aws,
  home: AccountRef,
  { accountId }: Config['aws'],
): Promise<{ readonly caller: Caller | null; readonly finding: Finding }> => {
  try {
    const { Account = '', Arn = '' } = await aws.sts(home).send(new GetCallerIdentityCommand({}));
    const caller = { accountId: Account, arn: Arn };
    if (accountId !== undefined && accountId !== Account) {
      const detail = `these credentials are of account ${Account}, and aws.accountId says ${accountId}`;
      return { caller, finding: problem('identity', detail, 'mend aws.accountId, or use credentials of that account') };
    }
    return { caller, finding: ok('identity', `${Arn} in account ${Account}`) };
  } catch (error) {
    const todo = 'give credentials: aws.credentials, aws.assumeRole, or whatever the AWS SDK finds by itself';
    return { caller: null, finding: problem('identity', `AWS does not say who this is: ${messageOf(error)}`, todo) };
  }
};

/** S3's own word for a setting that nobody has made. */
const isUnset = (error: unknown): boolean => codeOf(error) === 'NotFound';

export const checkControlBucket = async (
  aws: Aws,
  home: AccountRef,
  { controlBucket: Bucket, region }: Config['aws'],
): Promise<readonly Finding[]> => {
  const s3 = aws.s3(home);
  try {
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    const place = LocationConstraint ?? 'us-east-1';
    if (place !== region) {
      const detail = `the control bucket ${Bucket} lies in ${place}, and aws.region is ${region}`;
      return [problem('control bucket', detail, 'make one in the region of the workspaces')];
    }
  } catch (error) {
    if (codeOf(error) !== 'NotFound') return [unknown('control bucket', `${Bucket}: ${messageOf(error)}`)];
    const todo = `\`eyrie bootstrap --apply\` makes ${Bucket} in ${region}, with docs/reference/iam/control-bucket.json`;
    return [problem('control bucket', `there is no bucket ${Bucket}`, todo)];
  }
  return [ok('control bucket', `${Bucket} in ${region}`)];
};

export const checkBucketSettings = async (
  aws: Aws,
  home: AccountRef,
  { controlBucket: Bucket }: Config['aws'],
): Promise<readonly Finding[]> => {
  const s3 = aws.s3(home);
  return await Promise.all([
    setting(
      'control bucket: public access',
      async () => {
        const { PublicAccessBlockConfiguration: block = {} } = await s3.send(
          new GetPublicAccessBlockCommand({ Bucket }),
        );
        return Object.values(block).filter(Boolean).length === 4;
      },
      'block all public access: records name users, and seals hold access keys',
    ),
    setting(
      'control bucket: encryption',
      async () => {
        const { ServerSideEncryptionConfiguration: encryption } = await s3.send(
          new GetBucketEncryptionCommand({ Bucket }),
        );
        return (encryption?.Rules ?? []).length > 0;
      },
      'set a default encryption',
    ),
    setting(
      'control bucket: lifecycle',
      async () => {
        const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
        return Rules.some(({ Status }) => Status === 'Enabled');
      },
      '`eyrie bootstrap --apply`, or let `claims/`, `intents/`, `starts/` and `task-requests/` expire after 30 days: nobody else removes them',
    ),
  ]);
};

const unknownOf = (check: string, error: unknown): Finding =>
  codeOf(error) === 'Denied'
    ? unknown(check, 'these credentials may not look at it', ALLOW_LOOKING)
    : unknown(check, messageOf(error));

const setting = async (check: string, isSet: () => Promise<boolean>, todo: string): Promise<Finding> => {
  try {
    return (await isSet()) ? ok(check, 'is set') : warning(check, 'is not set as it should be', todo);
  } catch (error) {
    return isUnset(error) ? warning(check, 'is not set', todo) : unknownOf(check, error);
  }
};

/** Batch and Spot make them at their first use, where they may. */
const LINKED: readonly (readonly [role: string, service: string, used: string])[] = [
  ['AWSServiceRoleForBatch', 'batch.amazonaws.com', 'compute environments'],
  ['AWSServiceRoleForEC2Spot', 'spot.amazonaws.com', 'Spot instances'],
  ['AWSServiceRoleForECS', 'ecs.amazonaws.com', 'the cluster behind a compute environment'],
];

export const checkLinkedRoles = (aws: Aws, home: AccountRef): Promise<readonly Finding[]> =>
  Promise.all(
    LINKED.map(async ([RoleName, service, used]) => {
      try {
        await aws.iam(home).send(new GetRoleCommand({ RoleName }));
        return ok(`role ${RoleName}`, 'is there');
      } catch (error) {
        if (codeOf(error) !== 'NotFound') return unknownOf(`role ${RoleName}`, error);
        const todo = `aws iam create-service-linked-role --aws-service-name ${service}`;
        return warning(
          `role ${RoleName}`,
          `is not there yet; AWS makes it for the first of ${used}, where it may`,
          todo,
        );
      }
    }),
  );

export const checkProxyImage = async (aws: Aws, home: AccountRef, image: string): Promise<Finding> => {
  if (!image.startsWith('ssm:')) return ok('proxy image', `${image} is looked for at each launch`);
  try {
    const Name = image.slice('ssm:'.length);
    const { Parameter } = await aws.ssm(home).send(new GetParameterCommand({ Name }));
    return ok('proxy image', `${Parameter?.Value ?? ''} by ${Name}`);
  } catch (error) {
    return problem(
      'proxy image',
      `${image}: ${messageOf(error)}`,
      'name an SSM parameter of the region in squid.image',
    );
  }
};

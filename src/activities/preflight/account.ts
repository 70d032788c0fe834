/** Are these credentials those of the account that the launch names, and is its bucket in this region? */
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';

export const checkAccount = async (aws: Aws, spec: PreflightSpec): Promise<Problem[]> => {
  const { accountId } = spec.account;
  const { Account } = await aws.sts(spec.account).send(new GetCallerIdentityCommand({}));
  if (Account !== accountId) {
    return [
      { pointer: '/payModel/account_id', detail: `the credentials are those of account ${Account}, not ${accountId}` },
    ];
  }
  return await checkBucket(aws, spec);
};

/** Its name carries no region, so an environment has one region per account. */
const checkBucket = async (aws: Aws, { account, bucket }: PreflightSpec): Promise<Problem[]> => {
  const problem = (detail: string): Problem[] => [{ pointer: '/payModel/region', detail }];
  try {
    const command = new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account.accountId });
    const { BucketRegion } = await aws.s3(account).send(command);
    if (BucketRegion === undefined || BucketRegion === account.region) return [];
    return problem(
      `bucket ${bucket} is in ${BucketRegion}: this environment can't use ${account.region} in this account`,
    );
  } catch (error) {
    if (isNotFound(error)) return [];
    const code = codeOf(error);
    if (code === 'Denied') return problem(`bucket ${bucket} belongs to another account, or may not be read`);
    if (code === 'Invalid') return problem(`bucket ${bucket} is in another region than ${account.region}`);
    throw error;
  }
};

/** Roles and key pairs that are there already, and room for the roles that are made. */
import { DescribeKeyPairsCommand } from '@aws-sdk/client-ec2';
import { GetAccountSummaryCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import { ignoreNotFound, isNotFound } from '#aws/errors.ts';
import type { ComputePreflightSpec } from '#domain/compute/specs.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import { trustedServices } from './trust.ts';

/** A role is named by one of three options. */
const ROLES = '/config';
const KEY_PAIR = '/config/forge/ec2KeyPair';
const ACCOUNT = '/account';

const TASKS = /^ecs-tasks\.amazonaws\.com(\.cn)?$/;

export const checkIdentity = async (aws: Aws, spec: ComputePreflightSpec, problems: Problem[]): Promise<void> => {
  const { account, roleArns } = spec;
  const { Account } = await aws.sts(account).send(new GetCallerIdentityCommand({}));
  if (Account !== account.accountId) {
    const detail = `the credentials are those of account ${Account}, not ${account.accountId}`;
    problems.push({ pointer: ACCOUNT, detail });
    return;
  }
  for (const arn of roleArns) await checkRole(aws, spec, arn, problems);
  await checkRoom(aws, spec, problems);
  await checkKeyPair(aws, spec, problems);
};

const checkRole = async (
  aws: Aws,
  { account }: ComputePreflightSpec,
  arn: string,
  problems: Problem[],
): Promise<void> => {
  const problem = (detail: string) => void problems.push({ pointer: ROLES, detail });
  const [, accountId, path] = /^arn:[\w-]+:iam::(\d{12}):role\/(.+)$/.exec(arn) ?? [];
  if (path === undefined) return problem(`${arn} is no ARN of a role`);
  if (accountId !== account.accountId) {
    return problem(`role ${arn} is of another account: jobs take roles of ${account.accountId} alone`);
  }
  const RoleName = path.split('/').at(-1);
  const answer = await aws.iam(account).send(new GetRoleCommand({ RoleName })).catch(ignoreNotFound);
  if (answer?.Role?.Arn !== arn) return problem(`there is no role ${arn}: create it, or correct its ARN`);
  const trusted = trustedServices(decodeURIComponent(answer.Role.AssumeRolePolicyDocument ?? ''));
  if (!trusted.some((service) => TASKS.test(service))) {
    problem(`role ${arn} can't be taken by jobs: let ecs-tasks.amazonaws.com assume it`);
  }
};

const ROOMS = [
  { of: 'roles', used: 'Roles', quota: 'RolesQuota', words: 'IAM roles' },
  { of: 'profiles', used: 'InstanceProfiles', quota: 'InstanceProfilesQuota', words: 'IAM instance profiles' },
] as const;

/** Those that this environment has already count twice: an update near the quota is refused too early, never too late. */
const checkRoom = async (aws: Aws, spec: ComputePreflightSpec, problems: Problem[]): Promise<void> => {
  const answer = await aws
    .iam(spec.account)
    .send(new GetAccountSummaryCommand({}))
    .catch((error: unknown) => {
      // Whoever may not look finds out when they are made.
      if (codeOf(error) === 'Denied') return undefined;
      throw error;
    });
  for (const { of, used, quota, words } of ROOMS) {
    const there = answer?.SummaryMap?.[used];
    const limit = answer?.SummaryMap?.[quota];
    if (there === undefined || limit === undefined || there + spec[of] <= limit) continue;
    const detail = `the account has ${there} of ${limit} ${words}, and ${spec[of]} more are needed: remove some, or ask for more in Service Quotas`;
    problems.push({ pointer: ACCOUNT, detail });
  }
};

const checkKeyPair = async (
  aws: Aws,
  { keyPair, account }: ComputePreflightSpec,
  problems: Problem[],
): Promise<void> => {
  if (keyPair === null) return;
  try {
    await aws.ec2(account).send(new DescribeKeyPairsCommand({ KeyNames: [keyPair] }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    problems.push({ pointer: KEY_PAIR, detail: `there is no key pair ${keyPair} in ${account.region}` });
  }
};

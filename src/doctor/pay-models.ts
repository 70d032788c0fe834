/** The role of a pay model in its own account: can it be entered, and has it every published right? Nothing is changed. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';
import type { PublishedQuestion } from './published-rights.ts';
import { checkRights } from './rights.ts';

const { ok, problem } = sayingOf('aws');

const makes = (accountId: string): string =>
  `\`eyrie bootstrap --apply --pay-model\`, with credentials of account ${accountId}, makes it, and renews its rights and whom it trusts`;

const allowLooking = (accountId: string): string =>
  `attach docs/reference/iam/own-rights.json to it: ${makes(accountId)}`;

/** @param account entered by its role @param questions with the values of that account */
export const checkPayModel = async (
  aws: Pick<Aws, 'sts' | 'iam'>,
  account: AccountRef,
  questions: readonly PublishedQuestion[],
): Promise<readonly Finding[]> => {
  const { accountId, roleArn, externalId } = account;
  const check = `pay model in ${accountId}`;
  try {
    const { Arn } = await aws.sts(account).send(new GetCallerIdentityCommand({}));
    const entered = ok(check, `is entered as ${Arn}`);
    const rights = await checkRights(aws.iam(account), async () => roleArn ?? undefined, questions);
    // Once is enough to say that it may not ask.
    const [first] = rights;
    const isClosed = rights.every(({ verdict }) => verdict === 'unknown');
    const told = first && isClosed ? [{ ...first, check: 'rights' }] : rights;
    return [entered, ...told.map((one) => ofAccount(one, accountId))];
  } catch (error) {
    const how = externalId === null ? 'without an external id' : 'with the external id of aws.externalId';
    return [problem(check, `${roleArn} can't be entered ${how}: ${messageOf(error)}`, makes(accountId))];
  }
};

/** The documents are attached there, and not at home. */
const ofAccount = (finding: Finding, accountId: string): Finding => {
  const { check, verdict, todo } = finding;
  const mend = verdict === 'problem' ? makes(accountId) : todo && allowLooking(accountId);
  return { ...finding, check: `${check} in ${accountId}`, todo: mend };
};

import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { fail } from '#domain/core/failures.ts';

/** Eyrie's own account: as configured, else asked of STS when it is first needed. */
export const createOwnAccount = (
  sts: Pick<STSClient, 'send'>,
  configured: string | undefined,
): (() => Promise<string>) => {
  let asked: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const { Account } = await sts.send(new GetCallerIdentityCommand({}));
    if (!Account) throw fail('Unavailable', 'STS does not say which account this is');
    return Account;
  };
  return async () => {
    if (configured !== undefined) return configured;
    asked ??= ask();
    // Only an answer is kept.
    asked.catch(() => {
      asked = undefined;
    });
    return asked;
  };
};

import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import type { Aws } from '#aws/clients.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf } from '#domain/core/failures.ts';

/**
 * What Service Quotas says that the account may have. Undefined where it may not read its quotas or has none of this
 * code on file: it has AWS's default then.
 * @see https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 */
export const readQuota = async (
  aws: Pick<Aws, 'quotas'>,
  account: AccountRef,
  quota: { readonly ServiceCode: string; readonly QuotaCode: string },
): Promise<number | undefined> => {
  try {
    const { Quota } = await aws.quotas(account).send(new GetServiceQuotaCommand(quota));
    return Quota?.Value;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'NotFound' || code === 'Denied' || code === 'Invalid') return undefined;
    throw error;
  }
};

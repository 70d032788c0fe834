/**
 * Why EC2 denied a call. It tells the details in code, so that a caller does not learn of policies that are none of its
 * business; who has the right to, decodes them. They go into the failure's facts and the log, never into its message.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
import { DecodeAuthorizationMessageCommand, type STSClient } from '@aws-sdk/client-sts';
import { asyncLocalStorage } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { codeOf, type Denial, factsOf, fail } from '#domain/core/failures.ts';

/** The same failure with its denial in clear, where these credentials may decode it; else as it is. */
export const explainDenial = async (
  failure: ApplicationFailure,
  sts: () => Pick<STSClient, 'send'>,
): Promise<ApplicationFailure> => {
  const { encodedDenial, ...facts } = factsOf(failure);
  if (encodedDenial === undefined) return failure;
  const denial = await decode(sts(), encodedDenial);
  const { operation } = facts;
  const log = asyncLocalStorage.getStore()?.log;
  if (!denial) {
    const command = `aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message ${encodedDenial}`;
    log?.warn('denied, and Eyrie may not decode the reason; with the right to, this command decodes it', {
      operation,
      command,
    });
    return failure;
  }
  log?.warn('denied', { operation, denial });
  return fail(codeOf(failure), failure.message, { ...facts, denial });
};

/** Undefined where the right to decode is missing, or the answer is none that is known. */
const decode = async (sts: Pick<STSClient, 'send'>, EncodedMessage: string): Promise<Denial | undefined> => {
  try {
    const { DecodedMessage = '' } = await sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }));
    return readDenial(JSON.parse(DecodedMessage));
  } catch {
    return undefined; // the denial itself is what matters; its explanation is a service to operators
  }
};

interface Decoded {
  readonly explicitDeny?: unknown;
  readonly matchedStatements?: {
    readonly items?: readonly { readonly statementId?: string; readonly sourcePolicyId?: string }[];
  };
  readonly context?: { readonly action?: string; readonly resource?: string };
}

const readDenial = ({ explicitDeny, matchedStatements, context }: Decoded): Denial => ({
  explicit: explicitDeny === true,
  action: context?.action ?? null,
  resource: context?.resource ?? null,
  statements: (matchedStatements?.items ?? []).map(({ sourcePolicyId = '?', statementId = '' }) =>
    statementId === '' ? sourcePolicyId : `${sourcePolicyId}: ${statementId}`,
  ),
});

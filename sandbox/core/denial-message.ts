/**
 * EC2 gives the details of a denial to those alone who may decode them, and STS decodes them. Here the code is no
 * secret: base64.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
import type { Call } from './call.ts';
import type { Refused } from './check.ts';
import { AwsError } from './error.ts';

export const encodeDenial = ({ caller }: Call, { action, resource, verdict }: Refused): string => {
  const context = { principal: { arn: caller.arn }, action, resource, conditions: { items: [] } };
  const message = {
    allowed: false,
    explicitDeny: verdict.explicit,
    matchedStatements: { items: [] },
    failures: { items: [] },
    context,
  };
  return Buffer.from(JSON.stringify(message)).toString('base64url');
};

/** @throws AwsError for what EC2 never wrote. */
export const decodeDenial = (encoded: string): string => {
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  if (text.startsWith('{"allowed":')) return text;
  throw new AwsError('InvalidAuthorizationMessageException', 'Message is not valid');
};

/**
 * EC2 says no in its own code, and to a change with an encoded message for those who may read it.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import type { Call } from '../../core/call.ts';
import type { Denial } from '../../core/check.ts';
import { encodeDenial } from '../../core/denial-message.ts';
import { AwsError } from '../../core/error.ts';

export const deniedByEc2 = (call: Call, denial: Denial): AwsError => {
  const told = `You are not authorized to perform this operation. ${denial.text}`;
  const isRead = /^(Describe|Get)/.test(call.operation);
  const text = isRead ? told : `${told} Encoded authorization failure message: ${encodeDenial(call, denial)}`;
  return new AwsError('UnauthorizedOperation', text, 403);
};

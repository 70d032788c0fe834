/**
 * EC2's errors in AWS's words: moto has its codes right, but not its sentences, and one request id for all.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import type { Answer, Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { findErrorCode, findErrorMessage, renderError } from '../../wire/errors.ts';

type Reword = (call: Call, found: RegExpExecArray) => string;

const WORDS: readonly (readonly [code: string, pattern: RegExp, reword: Reword])[] = [
  ['InvalidVpcID.NotFound', /(vpc-\w+)/, (_, [id]) => `The vpc ID '${id}' does not exist`],
  ['InvalidInternetGatewayID.NotFound', /(igw-\w+)/, (_, [id]) => `The internetGateway ID '${id}' does not exist`],
  ['InvalidAssociationID.NotFound', /(rtbassoc-\w+)/, (_, [id]) => `The association ID '${id}' does not exist`],
  [
    'Gateway.NotAttached',
    /(igw-\w+) .*(vpc-\w+)/,
    (_, [, igw, vpc]) => `resource ${igw} is not attached to network ${vpc}`,
  ],
  [
    'DependencyViolation',
    /^(igw-\w+) is being utilized/,
    (_, [, igw]) => `The internetGateway '${igw}' has dependencies and cannot be deleted.`,
  ],
  ['InvalidKeyPair.NotFound', /'\{?'?([^'{}]+)/, (_, [, name]) => `The key pair '${name}' does not exist`],
  [
    'InvalidGroup.Duplicate',
    /^The security group '[^']+' already exists$/,
    ({ params }, [text]) => `${text} for VPC '${params.VpcId}'`,
  ],
];

export const inAwsWords = (call: Call, answer: Answer): Answer => {
  const code = findErrorCode(answer);
  if (code === undefined) return answer;
  const message = findErrorMessage(answer);
  for (const [of, pattern, reword] of WORDS) {
    const found = of === code ? pattern.exec(message) : null;
    if (found) return renderError('ec2', new AwsError(code, reword(call, found), answer.status));
  }
  return renderError('ec2', new AwsError(code, message, answer.status));
};

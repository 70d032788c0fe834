/** How each service says no. */

import { AwsError, type Call } from '../core/rule.ts';
import type { DeniedBy, Verdict } from './simulator.ts';

const IMPLICIT: Readonly<Record<DeniedBy, string>> = {
  identity: 'no identity-based policy allows',
  resource: 'no resource-based policy allows',
  session: 'no session policy allows',
  pb: 'no permissions boundary allows',
  scp: 'no service control policy allows',
};

const EXPLICIT: Readonly<Record<DeniedBy, string>> = {
  identity: 'an identity-based policy',
  resource: 'a resource-based policy',
  session: 'a session policy',
  pb: 'a permissions boundary',
  scp: 'a service control policy',
};

/** Services with JSON over one path answer 400, those with REST paths 403. */
const STATUS: Readonly<Record<string, number>> = { kms: 400, ssm: 400, servicequotas: 400, logs: 400 };

export interface Refused {
  readonly action: string;
  readonly resource: string;
  readonly verdict: Extract<Verdict, { allowed: false }>;
}

/**
 * EC2 gives the details of a denial to those alone who may decode them. Here the code is no secret: base64.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
const encodeDenial = (denial: Denial): string => {
  const { caller, action, resource, explicit } = denial;
  const context = { principal: { arn: caller.arn }, action, resource, conditions: { items: [] } };
  const message = {
    allowed: false,
    explicitDeny: explicit,
    matchedStatements: { items: [] },
    failures: { items: [] },
    context,
  };
  return Buffer.from(JSON.stringify(message)).toString('base64url');
};

interface Denial {
  readonly caller: Call['caller'];
  readonly action: string;
  readonly resource: string;
  readonly explicit: boolean;
}

/** @throws AwsError for what EC2 never wrote. */
export const decodeDenial = (encoded: string): string => {
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  if (text.startsWith('{"allowed":')) return text;
  throw new AwsError('InvalidAuthorizationMessageException', 'Message is not valid');
};

export const accessDenied = (
  { service, operation, caller }: Call,
  { action, resource, verdict }: Refused,
): AwsError => {
  // A root has no identity-based policies: in another account it lacks the resource's.
  const by = caller.kind === 'root' && verdict.by === 'identity' ? 'resource' : verdict.by;
  const target = resource.startsWith('arn:aws:s3:') ? `"${resource}"` : resource;
  const reason = verdict.explicit
    ? `with an explicit deny in ${EXPLICIT[by]}`
    : `because ${IMPLICIT[by]} the ${action} action`;
  const text = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${target} ${reason}`;
  if (service === 'ec2') {
    const told = `You are not authorized to perform this operation. ${text}`;
    const isRead = /^(Describe|Get)/.test(operation);
    const encoded = encodeDenial({ caller, action, resource, explicit: verdict.explicit });
    return new AwsError(
      'UnauthorizedOperation',
      isRead ? told : `${told} Encoded authorization failure message: ${encoded}`,
      403,
    );
  }
  if (service === 'iam' || service === 'sts' || service === 's3') return new AwsError('AccessDenied', text, 403);
  return new AwsError('AccessDeniedException', text, STATUS[service] ?? 403);
};

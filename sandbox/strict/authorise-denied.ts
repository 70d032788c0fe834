/** How each service says no. */
import type { DeniedBy, Verdict } from './authorise-simulator.ts';
import { AwsError, type Call } from './rule.ts';

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

export const accessDenied = ({ service, caller }: Call, { action, resource, verdict }: Refused): AwsError => {
  // A root has no identity-based policies: in another account it lacks the resource's.
  const by = caller.kind === 'root' && verdict.by === 'identity' ? 'resource' : verdict.by;
  const target = resource.startsWith('arn:aws:s3:') ? `"${resource}"` : resource;
  const reason = verdict.explicit
    ? `with an explicit deny in ${EXPLICIT[by]}`
    : `because ${IMPLICIT[by]} the ${action} action`;
  const text = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${target} ${reason}`;
  if (service === 'ec2') {
    return new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${text}`, 403);
  }
  if (service === 'iam' || service === 'sts' || service === 's3') return new AwsError('AccessDenied', text, 403);
  return new AwsError('AccessDeniedException', text, STATUS[service] ?? 403);
};

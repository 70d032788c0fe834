/**
 * How a service says no.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { Call } from '../core/call.ts';
import type { DeniedBy, Refused } from '../core/check.ts';
import { AwsError } from '../core/error.ts';
import type { ServiceModule } from '../core/service.ts';
import { failureOf } from '../wire/failures.ts';

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

const textOf = ({ caller }: Call, { action, resource, verdict }: Refused): string => {
  // A root has no identity-based policies: in another account it lacks the resource's.
  const by = caller.kind === 'root' && verdict.by === 'identity' ? 'resource' : verdict.by;
  const target = resource.startsWith('arn:aws:s3:') ? `"${resource}"` : resource;
  const reason = verdict.explicit
    ? `with an explicit deny in ${EXPLICIT[by]}`
    : `because ${IMPLICIT[by]} the ${action} action`;
  return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${target} ${reason}`;
};

/** @param module the one of the call's service, if it has rules */
export const accessDenied = (call: Call, refused: Refused, module: ServiceModule | undefined): AwsError => {
  const text = textOf(call, refused);
  if (module?.denied) return module.denied(call, { ...refused, text });
  const [code, status] = failureOf('denied', call.service, module?.errors);
  return new AwsError(code, text, status);
};

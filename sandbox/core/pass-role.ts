/**
 * iam:PassRole: whoever hands a role to a service must be allowed to.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
import type { Call } from './call.ts';
import type { Check } from './check.ts';

/** `services`: any of these as `iam:PassedToService` is enough. */
export const passRole = (call: Call, role: string, services: readonly string[]): Check => {
  const resource = role.startsWith('arn:') ? role : `arn:aws:iam::${call.account}:role/${role}`;
  const [first = '', ...rest] = services;
  return {
    action: 'iam:PassRole',
    resource,
    context: { 'iam:PassedToService': first },
    ...(rest.length > 0 && { or: passRole(call, role, rest) }),
  };
};

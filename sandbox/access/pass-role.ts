/** iam:PassRole: whoever hands a role to a service must be allowed to. */

import type { Call, World } from '../core/rule.ts';
import type { IamModule } from '../services/iam/module.ts';
import type { Check } from './actions.ts';

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

/**
 * To whom Batch passes a role on behalf of its caller: to the service that uses it, or to itself. AWS documents neither;
 * policies in public use name both.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
 */
export const passedByBatch = (world: World, { account }: Call, user: string): readonly string[] =>
  world.worlds(account).passedToService === 'batch' ? ['batch.amazonaws.com'] : [user];

/** The roles inside an instance profile, named by ARN or name; a bare role ARN stands for itself. */
export const rolesOfProfile = async (world: World, call: Call, profile: string): Promise<string[]> => {
  if (profile.includes(':role/')) return [profile];
  const name = profile.split('/').at(-1);
  const { profiles } = await world.module<IamModule>('iam').snapshots.of(call.account);
  const found = profiles.find(({ InstanceProfileName }) => InstanceProfileName === name);
  return (found?.Roles ?? []).map(({ Arn = '' }) => Arn);
};
